import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../bin/fanfold.ts');

/* A `fanfold` on the PATH of a real bash. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfold-completion-'));
  const file = join(folder, 'fanfold');
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(file, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers after these words, the last of which is being typed. */
const offered = (...words: readonly string[]): readonly string[] => {
  const script = `
    eval "$(fanfold completion bash)"
    COMP_WORDS=(fanfold "$@")
    COMP_CWORD=$#
    $(complete -p fanfold | sed 's/.*-F \\([^ ]*\\).*/\\1/')
    printf '%s\\n' "\${COMPREPLY[@]}"
  `;
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  const told = execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8', env });
  return told.split('\n').filter(Boolean);
};

test.each([
  [['exp'], ['experiments']],
  [
    ['experiments', ''],
    ['create', 'list', 'show', 'attach', 'end'],
  ],
  [['experiment', 'a'], ['attach']],
  [
    ['results', '--format', ''],
    ['table', 'csv', 'json', 'parquet'],
  ],
  [['results', '--format', 'p'], ['parquet']],
  [
    ['-e', 'line', 'res'],
    ['resume', 'results'],
  ],
  [
    ['clone', '3', '--w'],
    ['--warm', '--workspace'],
  ],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['fit', ''], []],
  [['clone', '3', '--file', ''], []],
])('bash offers after %j: %j', (words, expected) => {
  expect(offered(...words)).toEqual(expected);
});

test('the hidden command is not offered', () => {
  expect(offered('')).toContain('runs');
  expect(offered('__')).toEqual([]);
});
