import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import project from '../../../package.json' with { type: 'json' };
import manifest from '../package.json' with { type: 'json' };

let folder: string;
beforeAll(() => {
  const pack = join(import.meta.dirname, '../pack.ts');
  const tarball = execFileSync(process.execPath, [pack], { encoding: 'utf8' }).trim();
  folder = mkdtempSync(join(tmpdir(), 'fanfold-installed-'));
  // Without one npm would look for a project further up.
  writeFileSync(join(folder, 'package.json'), '{}');
  const install = ['install', '--no-audit', '--no-fund', '--offline', tarball];
  execFileSync('npm', install, { cwd: folder, stdio: 'ignore' });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The installed CLI, where there is neither a checkout nor a service. */
const fanfold = (...words: readonly string[]) => {
  const { FANFOLD_URL: _, FANFOLD_TOKEN: __, ...env } = process.env;
  const program = join(folder, 'node_modules/.bin/fanfold');
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
};

test('the packed CLI installs without anything else, and runs', () => {
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(
    ['fanfold'],
  );
  expect(fanfold('--version')).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' });
  expect(fanfold('--help').out).toContain('experiments');
});

test('its version is that of the project', () => {
  expect(manifest.version).toBe(project.version);
});

test('its doctor says what is missing, as JSON', () => {
  const { code, out } = fanfold('doctor', '--json');
  const { ok, checks } = JSON.parse(out);
  expect({ code, ok }).toEqual({ code: 1, ok: false });
  expect(checks).toContainEqual({ name: 'node', ok: true, detail: process.versions.node });
  expect(checks).toContainEqual({
    name: 'service',
    ok: false,
    detail: expect.stringContaining('npm run up'),
  });
});

test('it reads YAML, and has the licences of what it is made of', () => {
  expect(fanfold('fit', 'none.yaml')).toMatchObject({ code: 2, out: '' });
  const licences = readFileSync(join(folder, 'node_modules/fanfold/THIRD-PARTY.md'), 'utf8');
  const named = licences.split('\n').filter((line) => line.startsWith('## '));
  expect(named).toEqual(
    expect.arrayContaining(['## commander', '## string-width', '## yaml', '## zod']),
  );
});

test('outside of a checkout, what needs one says so', () => {
  for (const command of ['up', 'down', 'deploy']) {
    expect(fanfold(command)).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no checkout of Fanfold in'),
    });
  }
});
