import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonPrograms, repository } from '../../local/places.ts';
import type { RunningStack } from '../../local/stack.ts';
import { freshStack, removeStack, userOf } from '../e2e/scene.ts';
import { type Block, blocksOf, faultOf, isFollowed } from './blocks.ts';

/* The documents' code: all of it is run, or says why not. */

/** Each of its blocks makes an experiment `three-ways-…`. */
const threeWays = 'docs/three-ways.md';

/** These are followed one after the other, in one folder and the default workspace. */
const story = [
  'docs/getting-started.md',
  ...['download', 'fit', 'test', 'predict', 'end'].map((kind) => `docs/operations/${kind}.md`),
  threeWays,
];

const theStory = 'getting started, the operations and three ways';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'clients/python/README.md',
  ...['docs', 'examples'].flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => `${folder}/${path}`),
  ),
].sort();

const blocks = pages.flatMap((page) =>
  blocksOf(page, readFileSync(join(repository, page), 'utf8')),
);

const followed = Map.groupBy(blocks.filter(isFollowed), ({ page }) =>
  story.includes(page) ? theStory : page,
);

let stack: RunningStack;

/** Where the CLI is, as `npm install --global` puts it there. */
let installed: string;

beforeAll(async () => {
  stack = await freshStack();
  installed = join(stack.folder, 'bin');
  mkdirSync(installed);
  const cli = join(repository, 'clients/cli/bin/fanfold.ts');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`;
  writeFileSync(join(installed, 'fanfold'), script, { mode: 0o755 });
});
afterAll(() => removeStack(stack));

/** An experiment ends when another begins, so each page but the story’s has a workspace of its own. */
const workspaceOf = (name: string): string =>
  name === theStory ? stack.workspace : basename(name, '.md').toLowerCase();

/** Does what the blocks say, in a folder of their own; gives what was printed. */
const follow = async (name: string, blocks: readonly Block[]): Promise<string> => {
  const folder = join(stack.folder, 'followed', name.replaceAll('/', '-'));
  mkdirSync(folder, { recursive: true });
  const list = join(folder, 'blocks.json');
  writeFileSync(
    list,
    JSON.stringify(
      blocks.map(({ page, line, language, code, use }) => ({
        at: `${page}:${line}`,
        language,
        code,
        ...(use.kind === 'file' && { name: use.name }),
      })),
    ),
  );
  const program = join(import.meta.dirname, 'follow_pages.py');
  const { stdout } = await promisify(execFile)(join(pythonPrograms, 'python'), [program, list], {
    cwd: folder,
    timeout: 280_000,
    env: {
      ...process.env,
      FANFOLD_URL: stack.url,
      FANFOLD_TOKEN: stack.token,
      FANFOLD_WORKSPACE: workspaceOf(name),
      PATH: [installed, pythonPrograms, process.env['PATH']].join(delimiter),
    },
  });
  return stdout;
};

test('every block of code is valid, and what it is taken from has it', () => {
  expect(blocks.length).toBeGreaterThan(20);
  expect(blocks.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);
});

test('a block that is neither run nor says why is told', () => {
  const page = '<!-- because -->\n```python\nx = 1\n```\n';
  expect(() => blocksOf('page.md', page)).toThrow('page.md:1');
  const [broken] = blocksOf('page.md', '```python\nx = = 1\n```\n');
  expect(broken && faultOf(broken)).toContain('page.md:1');
  const [strange] = blocksOf('page.md', '```fortran\nEND\n```\n');
  expect(strange && faultOf(strange)).toContain('no rule');
  const [elsewhere] = blocksOf('page.md', '<!-- from package.json -->\n```python\nx = 1\n```\n');
  expect(elsewhere && faultOf(elsewhere)).toContain('is not in package.json');
  const [excused] = blocksOf('page.md', '<!-- not run: test/gone.ts does -->\n```bash\nls\n```\n');
  expect(excused && faultOf(excused)).toContain('there is no test/gone.ts');
});

const inOrder = (one: Block, other: Block): number =>
  story.indexOf(one.page) - story.indexOf(other.page);

describe.concurrent('whoever follows', () => {
  for (const [name, ofPage] of followed)
    test(`${name} gets what it says`, async () => {
      const said = await follow(name, ofPage.toSorted(inOrder));
      expect(said.match(/^-- .*$/gm)).toHaveLength(ofPage.length);
    });
});

test('the same fit by every way gives the same results', async () => {
  const page = readFileSync(join(repository, threeWays), 'utf8');
  const ways = [...new Set(page.match(/three-ways-\w+/g))];
  expect(ways.length).toBeGreaterThan(2);
  const user = userOf(stack);
  const [first, ...others] = await Promise.all(
    ways.map(async (name) =>
      (await user.results(name)).map(({ runId, epoch, trainLoss }) => [runId, epoch, trainLoss]),
    ),
  );
  expect(first).toHaveLength(4);
  for (const other of others) expect(other).toEqual(first);
});
