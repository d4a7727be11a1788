import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonPrograms, repository } from '../../local/places.ts';
import type { RunningStack } from '../../local/stack.ts';
import { compareWithPlainLoop } from './plain-loop.ts';
import { freshStack, removeStack, userOf } from './scene.ts';

const example = join(repository, 'examples/steering');
const python = join(pythonPrograms, 'python');
const experiment = 'steering';

let stack: RunningStack;
let user: ReturnType<typeof userOf>;

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
});
afterAll(() => removeStack(stack));

const steer = async (): Promise<string> => {
  const env = { ...process.env, FANFOLD_URL: stack.url, FANFOLD_TOKEN: stack.token };
  const words = [join(example, 'steering.py'), join(stack.folder, 'jobs')];
  return (await promisify(execFile)(python, words, { env })).stdout;
};

/** The example's two partitions as CSV. */
const tables = (): readonly [train: string, validation: string] => {
  const script = `
import json, sys
sys.path.insert(0, sys.argv[1])
from steering_data import train_and_validation
print(json.dumps([table.to_csv(index=False) for table in train_and_validation()]))`;
  return JSON.parse(execFileSync(python, ['-c', script, example], { encoding: 'utf8' }));
};

test('the steering example stops, clones and loses a worker, and its runs end exactly as left alone', async () => {
  const output = await steer();
  expect(output).toContain('Ended the worker');
  expect(output.match(/^stop \d +answered +[\d.]+ +stopped +[\d.]+$/gm)).toHaveLength(4);
  expect(output).toMatch(/^clone \d cold +answered +[\d.]+ +run 9 has a chunk +[\d.]+$/m);
  expect(output).toMatch(/^clone \d warm +answered +[\d.]+ +run 10 has a chunk +[\d.]+$/m);

  const runs = await user.runs(experiment);
  expect(runs.slice(8).map((run) => run.warmStarted)).toEqual([false, true]);
  expect(Math.max(...runs.map(({ attempts }) => attempts)), 'a worker was lost').toBeGreaterThan(1);
  const fresh = runs.filter((run) => run.status === 'completed' && run.warmStarted !== true);
  expect(fresh).toHaveLength(5);
  const [train, validation] = tables();
  const results = await user.results(experiment);
  const on = { spec: join(example, 'steering_spec.py'), train, validation };
  await compareWithPlainLoop(stack, fresh, { results, seed: 42, on });
}, 600_000);
