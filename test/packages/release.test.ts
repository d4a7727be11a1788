import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { repository } from '../../local/places.ts';
import { versionsIn } from '../../release/versions.ts';

/* Releases in a throw-away clone. */

const author = { NAME: 'A. Tester', EMAIL: 'tester@example.com' };
const env = {
  ...process.env,
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) =>
      Object.entries(author).map(([what, value]) => [`GIT_${who}_${what}`, value]),
    ),
  ),
};

const cli = 'clients/cli/package.json';

let clone: string;

const git = (...words: string[]): string =>
  execFileSync('git', words, { cwd: clone, env, encoding: 'utf8' }).trim();

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), text);
};

const release = (version: string): { readonly status: number | null; readonly said: string } => {
  const program = join(repository, 'release/release.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, version], {
    cwd: clone,
    env,
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
};

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'fanfold-release-'));
  execFileSync('git', ['clone', '--quiet', '--no-tags', repository, clone]);
  write(
    'CHANGELOG.md',
    '# Changelog\n\n## Unreleased\n\n- One change.\n\n## 0.0.9 (2026-01-01)\n\n- Before.\n',
  );
  write(cli, JSON.stringify({ name: 'cli', version: versionsIn(clone)['package.json'] }, null, 2));
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Change something');
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

test('a release gives every package its version, dates the changes, commits and tags', () => {
  const before = git('rev-parse', 'HEAD');
  expect(release('7.8.9')).toMatchObject({ status: 0 });
  const versions = versionsIn(clone);
  expect(Object.keys(versions)).toEqual(
    expect.arrayContaining([cli, 'uv.lock', 'package-lock.json']),
  );
  expect(new Set(Object.values(versions))).toEqual(new Set(['7.8.9']));
  const changes = readFileSync(join(clone, 'CHANGELOG.md'), 'utf8');
  expect(changes).toMatch(
    /^## Unreleased\n\n## 7\.8\.9 \(\d{4}-\d\d-\d\d\)\n\n- One change\.\n\n## 0\.0\.9/m,
  );
  expect(git('status', '--porcelain')).toBe('');
  expect(git('rev-parse', 'v7.8.9^{commit}^')).toBe(before);
  expect(git('diff', '--name-only', 'HEAD^').split('\n').sort()).toEqual(
    ['CHANGELOG.md', ...Object.keys(versions)].sort(),
  );
  expect(release('7.8.9')).toMatchObject({ status: 1, said: expect.stringContaining('before') });
  expect(release('7.9.0').said).toContain('nothing under Unreleased');
});

test('a release changes only the lines that have the version', () => {
  release('7.8.9');
  for (const path of ['package.json', 'package-lock.json', 'uv.lock', 'pyproject.toml']) {
    const changed = git('diff', '--unified=0', 'HEAD^', '--', path).match(/^\+(?!\+).*$/gm) ?? [];
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter((line) => !line.includes('7.8.9'))).toEqual([]);
  }
});

test.each([
  ['soon', 'say which version'],
  ['0.0.1', 'is older than'],
])('%s is refused', (version, why) => {
  expect(release(version)).toMatchObject({ status: 1, said: expect.stringContaining(why) });
  expect(git('status', '--porcelain')).toBe('');
});

test('a checkout with changes is refused', () => {
  write('README.md', 'half-done');
  expect(release('7.8.9')).toMatchObject({
    status: 1,
    said: expect.stringContaining('git status'),
  });
  expect(git('tag')).toBe('');
});

test('packages of several versions are refused', () => {
  write(cli, '{\n  "version": "3.2.1"\n}\n');
  git('commit', '--quiet', '--all', '--message', 'Differ');
  expect(release('7.8.9').said).toContain('the packages differ');
});

test('all packages of this checkout have one version', () => {
  expect(new Set(Object.values(versionsIn(repository))).size).toBe(1);
});
