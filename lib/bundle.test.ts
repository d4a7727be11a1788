import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bundle } from './bundle.ts';
import { bundle } from './bundle.ts';
import { handlers } from './handlers.ts';

/** What is parsed at each cold start; more takes longer than 80 ms. */
const maxBundleBytes = 450_000;
/** It makes the calls of four routes, and nobody waits for its answer. */
const larger: Readonly<Record<string, number>> = { occur: 490_000 };

let folder = '';
let sources = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfold-bundle-'));
  sources = join(folder, 'lambdas');
  mkdirSync(join(sources, 'http'), { recursive: true });
  writeFileSync(
    join(sources, 'http/handlers.ts'),
    `export const greetHandler = async (name: string) => 'hello ' + name;
     export const leaveHandler = async () => 'farewell';`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

const greet = { folder: 'http', useCase: 'greet' };
const leave = { folder: 'http', useCase: 'leave' };

test('a bundle exports its handler and carries no other', async () => {
  const target = join(folder, 'bundles');
  bundle([greet, leave], target, sources);
  expect(readdirSync(target).sort()).toEqual(['greet', 'leave']);
  const { handler } = await import(pathToFileURL(join(target, 'greet/index.mjs')).href);
  expect(await handler('you')).toBe('hello you');
  expect(readFileSync(join(target, 'greet/index.mjs'), 'utf8')).not.toContain('farewell');
});

test('the same sources give the same bundle, wherever it is made', () => {
  const [one, other] = [join(folder, 'one'), join(folder, 'other/place')];
  for (const target of [one, other]) bundle([greet], target, sources);
  const read = (target: string) => readFileSync(join(target, 'greet/index.mjs'), 'utf8');
  expect(read(one)).toBe(read(other));
});

test('a handler that does not exist is named, and the file that lacks it', () => {
  const missing = { folder: 'http', useCase: 'sing' };
  const attempt = () => bundle([greet, missing], join(folder, 'bundles'), sources);
  expect(attempt).toThrow(/http\/handlers\.ts.*singHandler/);
});

test('a folder without handlers is named', () => {
  const missing = { folder: 'nowhere', useCase: 'sing' };
  expect(() => bundle([missing], join(folder, 'bundles'), sources)).toThrow(
    /nowhere\/handlers\.ts/,
  );
});

const largest = ({ useCase, sizeBytes, packages }: Bundle): string => {
  const parts = Object.entries(packages).toSorted(([, a], [, b]) => b - a);
  const named = parts.slice(0, 8).map(([name, bytes]) => `${name} ${bytes}`);
  return `${useCase} has ${sizeBytes} bytes: ${named.join(', ')}`;
};

test('no function of ours is larger than 450 KB, but the one that nobody waits for', () => {
  const made = bundle(handlers, join(folder, 'bundles'));
  expect(made).toHaveLength(handlers.length);
  expect(
    made
      .filter(({ useCase, sizeBytes }) => sizeBytes > (larger[useCase] ?? maxBundleBytes))
      .map(largest),
  ).toEqual([]);
}, 60_000);
