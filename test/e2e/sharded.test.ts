import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { resumeRun, stopRun } from '../../contract/control-routes.ts';
import type { OperationResource, RunResource } from '../../contract/resources.ts';
import type { RunningStack } from '../../local/stack.ts';
import {
  artifactBytes,
  config,
  freshStack,
  killJob,
  removeStack,
  userOf,
  workspace,
} from './scene.ts';

/* Runs that two CPU processes, standing for the GPUs of one worker, train together. */

vi.setConfig({ testTimeout: 600_000 });

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let dataHandleId: string;
const experiment = 'sharded';
const source = readFileSync(join(import.meta.dirname, 'specs/blocks.py'), 'utf8');

beforeAll(async () => {
  const twoGpus = { gpusPerWorker: 2, maxGpus: 2, instanceTypes: 'g5.12xlarge' };
  stack = await freshStack({ slots: 1, context: twoGpus });
  user = userOf(stack);
  await user.create(experiment, source);
  dataHandleId = await user.download(experiment);
});
afterAll(() => removeStack(stack));

const trained = (knobs: object = {}, train: object = {}) =>
  config({ ...knobs }, { epochs: 3, optimizer: { name: 'AdamW', args: { lr: 0.01 } }, ...train });
const sharded = (...how: Parameters<typeof trained>) => ({
  ...trained(...how),
  fsdp_layer_cls: 'Block',
});

const runsOf = async ({ operation }: Pick<OperationResource, 'operation'>) =>
  (await user.runs(experiment)).filter((run) => run.operation === operation);

const modelOf = async (run: RunResource | undefined): Promise<Uint8Array> =>
  artifactBytes(stack, `${run?.checkpointUri}model.safetensors`);

/** All numbers of a model by their names: after a header that tells where each tensor lies. */
const weightsIn = (model: Uint8Array): ReadonlyMap<string, readonly number[]> => {
  const bytes = Buffer.from(model);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const { __metadata__: _, ...tensors }: Record<string, { data_offsets: [number, number] }> =
    JSON.parse(bytes.toString('utf8', 8, start));
  const numbers = (from: number, to: number): readonly number[] =>
    Array.from({ length: (to - from) / 4 }, (_, i) => bytes.readFloatLE(start + from + 4 * i));
  return new Map(
    Object.entries(tensors).map(([name, { data_offsets }]) => [name, numbers(...data_offsets)]),
  );
};

/** Epoch by epoch, what was told of a run. */
const toldOf = async (run: RunResource | undefined) =>
  (await user.results(experiment))
    .filter(({ runId }) => runId === run?.runId)
    .map(({ epoch, trainLoss, metrics }) => ({ epoch, trainLoss, loss: metrics['val_loss'] }));

/** As docs/large-models.md has it. */
const rounding = 1e-6;

const expectClose = (one: readonly unknown[], other: readonly unknown[]): void => {
  expect(one).toHaveLength(other.length);
  const apart = one.map((number, i) => Math.abs(Number(number) - Number(other[i])));
  expect(Math.max(...apart)).toBeLessThanOrEqual(rounding);
};

describe('a run that two processes train', () => {
  let undisturbed: RunResource | undefined;

  /** It ends with every bit of one that nobody disturbed. */
  const expectUndisturbed = async (run: RunResource | undefined): Promise<void> => {
    expect(run).toMatchObject({ status: 'completed', completedEpochs: 3 });
    expect(await toldOf(run)).toEqual(await toldOf(undisturbed));
    expect(await modelOf(run)).toEqual(await modelOf(undisturbed));
  };

  /** Starts a run that takes its time, and waits until it is within its second epoch. */
  const startSlowly = async () => {
    const slow = sharded({ pause_s: 0.5 });
    const { operation, firstRunId: runId = 0 } = await user.start(experiment, dataHandleId, slow);
    await user.untilRun(
      experiment,
      runId,
      'is in its second epoch',
      ({ progress }) => progress?.epoch === 2 && progress.chunk >= 1,
    );
    return { operation, params: { workspace, experiment, runId: String(runId) } };
  };

  test('ends as one that a single process trained, but for rounding', async () => {
    const fit = await user.fit(experiment, dataHandleId, [trained(), sharded()]);
    const [alone, together] = await runsOf(fit);
    undisturbed = together;
    expect([alone?.status, together?.status]).toEqual(['completed', 'completed']);
    const told = [await toldOf(alone), await toldOf(together)];
    const [one = [], two = []] = told.map((rows) => rows.flatMap((row) => Object.values(row)));
    expect(two).toHaveLength(3 * 3);
    expectClose(two, one);
    const [mine, its] = [weightsIn(await modelOf(alone)), weightsIn(await modelOf(together))];
    expect(its.size).toBeGreaterThan(0);
    expect([...its.keys()].toSorted()).toEqual([...mine.keys()].toSorted());
    for (const [name, numbers] of its) expectClose(numbers, mine.get(name) ?? []);
  });

  test('goes on exactly where it was stopped', async () => {
    const { operation, params } = await startSlowly();
    await user.call(stopRun, { params });
    const runId = Number(params.runId);
    const isStopped = ({ status }: RunResource) => status === 'stopped';
    const stopped = await user.untilRun(experiment, runId, 'is stopped', isStopped);
    expect(stopped.completedEpochs).toBeLessThan(3);
    await user.ended(experiment, operation);
    const other = trained({}, { epochs: 1 });
    const next = await user.start(experiment, dataHandleId, other);
    await user.call(resumeRun, { params });
    await user.ended(experiment, next.operation);
    const [resumed] = (await user.runs(experiment)).filter((run) => run.runId === runId);
    await expectUndisturbed(resumed);
  });

  test('goes on in a new process when its worker is killed', async () => {
    const { operation } = await startSlowly();
    killJob(stack);
    await user.ended(experiment, operation);
    const [lost] = await runsOf({ operation });
    expect(lost).toMatchObject({ attempts: 2 });
    await expectUndisturbed(lost);
  });
});

test('SHA lets the best of such runs go on', async () => {
  const rates = [0.0001, 0.01, 0.001];
  const configGroup = rates.map((lr) =>
    sharded({}, { optimizer: { name: 'AdamW', args: { lr } } }),
  );
  const sha = { $sha: { configGroup, metric: 'val_loss', mode: 'min' } };
  const fit = await user.fit(experiment, dataHandleId, sha);
  expect(fit).toMatchObject({ status: 'completed' });
  const runs = await runsOf(fit);
  const losses = await Promise.all(runs.map(async (run) => (await toldOf(run))[0]?.loss));
  const best = losses.map(Number).indexOf(Math.min(...losses.map(Number)));
  expect(runs.map(({ completedEpochs }) => completedEpochs)).toEqual(
    runs.map((_, i) => (i === best ? 3 : 1)),
  );
});
