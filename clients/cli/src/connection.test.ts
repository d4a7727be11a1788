import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findConnection } from './connection.ts';

let folder: string;
let cwd: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfold-connection-'));
  cwd = join(folder, 'deep', 'below');
  mkdirSync(cwd, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const writeStack = (content: string): void => {
  mkdirSync(join(folder, '.fanfold'));
  writeFileSync(join(folder, '.fanfold', 'stack.json'), content);
};
const stack = JSON.stringify({ url: 'http://stack', token: 't', workspace: 'team' });
const there = { FANFOLD_URL: 'https://there/', FANFOLD_TOKEN: 'secret' };

test('the command line comes first, then the environment', () => {
  writeStack(stack);
  const given = { url: 'https://given//', token: 'mine', workspace: 'w' };
  expect(findConnection(given, { env: there, cwd })).toMatchObject({
    ...given,
    url: 'https://given',
  });
  expect(findConnection({ workspace: 'w' }, { env: there, cwd })).toMatchObject({
    url: 'https://there',
    token: 'secret',
    workspace: 'w',
    source: 'FANFOLD_URL',
  });
});

test('else the stack file of a folder above', () => {
  writeStack(stack);
  const found = { url: 'http://stack', token: 't', workspace: 'team' };
  expect(findConnection({}, { env: {}, cwd })).toMatchObject(found);
  const env = { FANFOLD_WORKSPACE: 'mine', FANFOLD_TOKEN: 'of another service' };
  expect(findConnection({}, { env, cwd })).toMatchObject({ ...found, workspace: 'mine' });
});

test('an empty variable is as good as none, and the workspace is default', () => {
  const env = { ...there, FANFOLD_WORKSPACE: '' };
  expect(findConnection({}, { env, cwd }).workspace).toBe('default');
});

test('else the remedy is told', () => {
  expect(() => findConnection({}, { env: {}, cwd })).toThrow('npm run up');
});

test('a URL without a token is refused', () => {
  const env = { FANFOLD_URL: 'https://there' };
  expect(() => findConnection({}, { env, cwd })).toThrow('set FANFOLD_TOKEN');
});

test.each([
  ['{', 'cannot be read'],
  ['[]', 'names no url'],
  ['{"url": "http://stack"}', 'set FANFOLD_TOKEN'],
])('a stack file %s is refused', (content, words) => {
  writeStack(content);
  expect(() => findConnection({}, { env: {}, cwd })).toThrow(words);
});
