import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { problemTypes } from '../../contract/problem.ts';
import { routes } from '../../contract/routes.ts';
import { repository } from '../../local/places.ts';

/* The documents as a site. The build ends with an error when a link leads nowhere. */

let said: string;

beforeAll(async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(repository, 'site/build.ts')],
    { env: { ...process.env, NO_COLOR: '1' } },
  );
  said = stdout + stderr;
});

/** The ids that a page's links may lead to. */
const anchors = (page: string): readonly string[] => {
  const html = readFileSync(join(repository, 'build/docs/docs', page, 'index.html'), 'utf8');
  return [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id);
};

test('no link of the site leads nowhere', () => {
  expect(said).toContain('No issues found');
});

test('the references have every route, every problem and every public name', () => {
  expect(anchors('http')).toEqual(expect.arrayContaining(routes.map(({ name }) => name)));
  expect(anchors('errors')).toEqual(expect.arrayContaining([...problemTypes]));
  const source = readFileSync(join(repository, 'clients/python/src/fanfold/__init__.py'), 'utf8');
  const names = [...source.matchAll(/^ {4}"(\w+)",$/gm)].map(([, name]) => `fanfold.${name}`);
  expect(names.length).toBeGreaterThan(40);
  expect(anchors('python')).toEqual(expect.arrayContaining(names));
});
