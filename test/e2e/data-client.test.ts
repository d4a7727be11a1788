import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createFolderUpload } from '../../contract/service-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { freshStack, removeStack, trainCsv, userOf, workspace } from './scene.ts';

/** Downloads and fits follow one another in a test, each a job of its own. */
vi.setConfig({ testTimeout: 360_000 });

let stack: RunningStack;
let folder: string;

beforeAll(async () => {
  stack = await freshStack();
  folder = mkdtempSync(join(tmpdir(), 'fanfold-client-'));
  copyFileSync(join(import.meta.dirname, 'specs/line.py'), join(folder, 'line.py'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await removeStack(stack);
});

/** Runs Python as a user of the stack, and with the bucket's owner's keys; what it printed. */
const python = async (...words: readonly string[]): Promise<string> => {
  const { endpoint, region, credentials } = stack.aws;
  const env = {
    FANFOLD_URL: stack.url,
    FANFOLD_TOKEN: stack.token,
    AWS_ENDPOINT_URL: endpoint,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    TRAIN_CSV: trainCsv,
  };
  const program = join(process.cwd(), '.venv/bin/python');
  return (await promisify(execFile)(program, words, { cwd: folder, env })).stdout;
};

test('the Python client uploads frames and folders, and raises what is wrong by its name', async () => {
  const said = await python(join(import.meta.dirname, 'data_client.py'), 'line.py');
  expect(said).toContain('everything is as it should be');
});

test('a folder’s files that are there need not be sent again, and none leaves the folder', async () => {
  const { call } = userOf(stack);
  const ask = async (...paths: readonly string[]) =>
    (
      await call(createFolderUpload, {
        params: { workspace },
        body: { folder: '0a1b', paths: [...paths] },
      })
    ).body;
  const first = await ask('a/1.txt', 'a/10.txt', 'b.txt');
  expect(first.uri).toMatch(/^s3:\/\/.*\/0a1b\/$/);
  expect(first.files.map(({ path }) => path)).toEqual(['a/1.txt', 'a/10.txt', 'b.txt']);
  for (const { uploadUrl } of first.files.slice(0, 2)) {
    expect((await fetch(uploadUrl, { method: 'PUT', body: 'good' })).status).toBe(200);
  }
  const left = await ask('a/1.txt', 'a/10.txt', 'b.txt');
  expect(left.files.map(({ path }) => path)).toEqual(['b.txt']);
  expect((await ask('a/10.txt')).files).toEqual([]);
  await expect(ask('../secret.txt')).rejects.toMatchObject({ name: 'invalid-request' });
});

test('the guide to data shows what works', async () => {
  const guide = readFileSync('docs/data.md', 'utf8');
  const example = /```python\n(?<code>.*?)```/s.exec(guide)?.groups?.['code'] ?? '';
  const said = await python('-c', example);
  expect(said).toContain('ready: 40 train rows, 10 validation rows');
  expect(said).toMatch(/Fit \d+ completed/);
});
