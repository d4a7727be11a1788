import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonPrograms, repository } from '../../local/places.ts';
import { versionsIn } from '../../release/versions.ts';

/* The Python client as somebody installs it: from its wheel, where nothing else is. */

const mostBytes = 100_000;

const uv = join(pythonPrograms, 'uv');
const folder = mkdtempSync(join(tmpdir(), 'fanfold-wheel-'));
const programs = join(folder, 'environment', 'bin');

/** Runs a program that sees nothing of this checkout; gives what it printed. */
const output = (program: string, ...words: string[]): string =>
  execFileSync(program, words, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

let wheel: string;

beforeAll(() => {
  const made = join(folder, 'made');
  execFileSync(uv, ['build', '--quiet', '--wheel', '--package', 'fanfold', '--out-dir', made], {
    cwd: repository,
  });
  const [name = ''] = readdirSync(made).filter((file) => file.endsWith('.whl'));
  wheel = join(made, name);
  const python = join(pythonPrograms, 'python');
  output(uv, 'venv', '--quiet', '--no-project', '--python', python, join(folder, 'environment'));
  output(uv, 'pip', 'install', '--quiet', '--python', join(programs, 'python'), wheel);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the wheel is small, and brings the client without torch', () => {
  expect(statSync(wheel).size).toBeLessThan(mostBytes);
  const listed = output(
    uv,
    'pip',
    'list',
    '--python',
    join(programs, 'python'),
    '--format',
    'json',
  );
  const names = (JSON.parse(listed) as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['fanfold', 'httpx', 'pandas']));
  expect(names.filter((name) => /^(torch|nvidia|boto3|fanfold-)/.test(name))).toEqual([]);
});

test('what is installed can be imported, typed, and has the version of the release', () => {
  const version = versionsIn(repository)['package.json'];
  const look = `
import importlib.metadata, pathlib, fanfold
folder = pathlib.Path(fanfold.__file__).parent
assert "site-packages" in folder.parts and (folder / "py.typed").exists()
assert fanfold.InvalidConfig in fanfold.errors.problem_classes.values()
print(importlib.metadata.version("fanfold"))`;
  expect(output(join(programs, 'python'), '-c', look).trim()).toBe(version);
});

test('its command tells how it is used, by its name and as a module', () => {
  const byName = output(join(programs, 'fanfold'), '--help');
  expect(byName).toContain('usage: fanfold');
  expect(output(join(programs, 'python'), '-m', 'fanfold', '--help')).toBe(byName);
});
