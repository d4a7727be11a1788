import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { listExperiments } from '../../contract/experiment-routes.ts';
import { listOperations } from '../../contract/operation-routes.ts';
import { pythonPrograms } from '../../local/places.ts';
import type { RunningStack } from '../../local/stack.ts';
import type { Fate } from './killing-proxy.ts';
import { KillingProxy } from './killing-proxy.ts';
import { freshStack, removeStack, trainCsv, userOf, workspace } from './scene.ts';

vi.setConfig({ testTimeout: 600_000 });

const here = import.meta.dirname;

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let proxy: KillingProxy;
let url: string;

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
  proxy = new KillingProxy(stack.url);
  url = await proxy.open();
});
afterAll(async () => {
  proxy.close();
  await removeStack(stack);
});

/** Runs the client; its exit status, `null` when it was killed. */
const runClient = async (name: string, folder: string, fate?: Fate): Promise<number | null> => {
  const words = [join(here, 'killed_client.py'), 'line.py', name, stack.bucket];
  const client = spawn(join(pythonPrograms, 'python'), words, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { FANFOLD_URL: url, FANFOLD_TOKEN: stack.token, TRAIN_CSV: trainCsv },
  });
  proxy.await(fate && { ...fate, kill: () => client.kill('SIGKILL') });
  const [status] = await once(client, 'exit');
  return status;
};

const hasEnded = async (experiment: string): Promise<boolean> => {
  const { body } = await user.call(listExperiments, { params: { workspace }, query: {} });
  return body.items.some(({ name, status }) => name === experiment && status === 'ended');
};

/** All that came of an experiment, but for times and random names. */
const outcomeOf = async (experiment: string, folder: string) => {
  const params = { workspace, experiment };
  const { body } = await user.call(listOperations, { params, query: {} });
  const operations = body.items.map(({ kind, status, metrics }) => ({ kind, status, metrics }));
  const runs = (await user.runs(experiment)).map(({ runId, status, completedEpochs }) => ({
    runId,
    status,
    completedEpochs,
  }));
  const predictions = readFileSync(join(folder, 'predictions_run2.csv'), 'utf8');
  return { operations, runs, results: await user.results(experiment), predictions };
};

/** Lives through an experiment, killed as often as the fates have it. */
const live = async (experiment: string, fates: readonly Fate[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-killed-'));
  try {
    copyFileSync(join(here, 'specs/line.py'), join(folder, 'line.py'));
    const statuses: (number | null)[] = [];
    for (const fate of [...fates, undefined]) {
      if (await hasEnded(experiment)) break;
      statuses.push(await runClient(experiment, folder, fate));
    }
    expect(await hasEnded(experiment)).toBe(true);
    return { statuses, outcome: await outcomeOf(experiment, folder) };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('a client killed at any of its calls, run again, comes to the same end', async () => {
  const undisturbed = await live('undisturbed', []);
  expect(undisturbed.statuses).toEqual([0]);
  const kinds = undisturbed.outcome.operations.map(({ kind }) => kind);
  expect(kinds).toEqual(['download', 'fit', 'test', 'predict', 'end']);

  const fate = fc.record({ atCall: fc.integer({ min: 1, max: 24 }), isHeard: fc.boolean() });
  const fates = fc.sample(fate, { numRuns: 8, seed: Number(process.env['SEED'] ?? 1) });
  const killed = await live('killed', fates);
  expect(killed.statuses.filter((status) => status === null).length).toBeGreaterThan(4);
  expect(killed.outcome).toEqual(undisturbed.outcome);
});
