import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pythonPrograms } from '../../local/places.ts';
import type { RunningStack } from '../../local/stack.ts';
import { freshStack, removeStack } from './scene.ts';

/* MLSpecs as users write them after reading the guides: they train, validate, test and predict. */

vi.setConfig({ testTimeout: 300_000 });

const specs = join(import.meta.dirname, 'specs');
const client = join(import.meta.dirname, 'trials_client.py');

let stack: RunningStack;

beforeAll(async () => {
  stack = await freshStack();
});
afterAll(() => removeStack(stack));

const newFolder = (): string => mkdtempSync(join(stack.folder, 'trial-'));

/** Runs Python as a user of the stack; what it printed. */
const python = async (folder: string, ...words: readonly string[]): Promise<string> => {
  const env = { FANFOLD_URL: stack.url, FANFOLD_TOKEN: stack.token };
  const program = join(pythonPrograms, 'python');
  return (await promisify(execFile)(program, words, { cwd: folder, env })).stdout;
};

test('two outputs with missing values, a rate that falls by epoch, metrics by name', async () => {
  const said = await python(newFolder(), client, specs, 'buildings');
  expect(said).toContain('everything is as it should be');
});

test('pictures and masks in files, steps over several batches, half precision', async () => {
  const said = await python(newFolder(), client, specs, 'blobs');
  expect(said).toContain('everything is as it should be');
});

test('the guide to MLSpecs shows what works', async () => {
  const guide = readFileSync('docs/mlspec.md', 'utf8');
  const [spec, script, tryIt] = guide.matchAll(/```python\n(?<code>.*?)```/gs);
  const folder = newFolder();
  writeFileSync(join(folder, 'rent_spec.py'), spec?.groups?.['code'] ?? '');
  const code = [script, tryIt].map((block) => block?.groups?.['code'] ?? '').join('\n');
  const said = await python(folder, '-c', code);
  expect(said).toMatch(/Fit 2 completed .* 2 runs: 2 completed/);
  expect(said).toMatch(/^test_mae /m);
  expect(said).toMatch(/'loss': tensor/);
});
