import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repository } from '../../local/places.ts';

/* The CLI in a checkout: found by npx, and able to start what lies there. */

let folder: string;
beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'fanfold-up-')), '.fanfold');
});
afterAll(() => {
  fanfold('down', '--folder', folder);
  rmSync(join(folder, '..'), { recursive: true });
});

const below = join(repository, 'docs');

const fanfold = (...words: readonly string[]) => {
  const { AWS_PROFILE: _, AWS_ACCESS_KEY_ID: __, ...env } = process.env;
  const options = { cwd: below, encoding: 'utf8', env } as const;
  const { status, stdout, stderr } = spawnSync('npx', ['--no', 'fanfold', ...words], options);
  return { code: status, out: stdout, err: stderr };
};

test('up starts the embedded stack, the doctor finds nothing wrong with it, down stops it', () => {
  const up = fanfold('up', '--folder', folder, '--slots', '1', '--json');
  expect(up, up.err).toMatchObject({ code: 0, err: expect.stringContaining('Fanfold is up') });
  const { url, stackFile } = JSON.parse(up.out);
  expect(stackFile).toBe(join(folder, 'stack.json'));

  const env = { ...process.env, FANFOLD_URL: '', FANFOLD_TOKEN: '', FANFOLD_WORKSPACE: '' };
  const program = join(repository, 'clients/cli/bin/fanfold.ts');
  const cwd = join(folder, '..');
  const doctor = spawnSync(process.execPath, [program, 'doctor', '--json'], {
    cwd,
    env,
    encoding: 'utf8',
  });
  const { ok, checks } = JSON.parse(doctor.stdout);
  expect({ ok, code: doctor.status }, doctor.stdout).toEqual({ ok: true, code: 0 });
  expect(checks.map(({ name }: { name: string }) => name)).toEqual([
    'node',
    'python',
    'service',
    'state folder',
    'health',
    'clock',
    'version',
    'token',
    'workspace',
  ]);
  expect(checks[2].detail).toContain(url);

  expect(fanfold('down', '--folder', folder)).toMatchObject({
    code: 0,
    out: 'Fanfold is down; its data is kept.\n',
  });
});

test('deploy hands its options to the CDK, and passes on that it failed', () => {
  const told = fanfold('deploy', '--app', 'false', '--require-approval', 'never');
  expect(told.code).toBe(1);
  expect(told.err).toContain('fanfold: `cdk deploy` ended with 1');
});
