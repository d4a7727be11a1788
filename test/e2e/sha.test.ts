import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { operationPartition } from '../../adapters/table-keys.ts';
import { createDataHandle } from '../../contract/experiment-routes.ts';
import { cancelOperation } from '../../contract/operation-routes.ts';
import type { OperationResource, RunResource } from '../../contract/resources.ts';
import { workerOfToken } from '../../domain/worker-token.ts';
import { compareWithPlainLoop } from './plain-loop.ts';
import {
  config,
  freshStack,
  type RunningJob,
  removeStack,
  runningJobs,
  trainCsv,
  until,
  userOf,
  workspace,
} from './scene.ts';

/** A busy machine may take its time; what is waited for still has to come about. */
vi.setConfig({ testTimeout: 600_000 });

const experiment = 'halving';

/** A stack with an experiment and its data. */
const open = async (options: Parameters<typeof freshStack>[0] = {}, source?: string) => {
  const stack = await freshStack(options);
  const user = userOf(stack);
  await user.create(experiment, source);
  return { stack, user, dataHandleId: await user.download(experiment) };
};

type World = Awaited<ReturnType<typeof open>>;

const rates = [0.05, 0.01, 0.1, 0.001, 0.07, 0.03, 0.0001, 0.2, 0.002];

/** Configs that differ in their learning rates; `knobs` says how each of them behaves. */
const configs = (count: number, epochs: number, knobs: (index: number) => object = () => ({})) =>
  rates
    .slice(0, count)
    .map((lr, i) => config({ ...knobs(i) }, { epochs, optimizer: { name: 'SGD', args: { lr } } }));

const sha = (configGroup: unknown, more: object = {}) => ({
  $sha: { configGroup, metric: 'val_loss', mode: 'min', ...more },
});

/** Fused runs would differ from a plain loop by rounding. */
const exactly = { executor: 'interleaved' };

/** Long enough for a busy machine. */
const patienceSeconds = 500;

const train = async (
  { user, dataHandleId }: World,
  mlConfig: unknown,
): Promise<OperationResource> => {
  const { operation } = await user.start(experiment, dataHandleId, mlConfig, exactly);
  return user.ended(experiment, operation, patienceSeconds);
};

const runsOf = async (
  { user }: Pick<World, 'user'>,
  { operation }: Pick<OperationResource, 'operation'>,
): Promise<readonly RunResource[]> =>
  (await user.runs(experiment)).filter((run) => run.operation === operation);

/** Epochs that each run should have trained, decided anew from the results that are there. */
const epochsByHand = async (
  { user }: World,
  runs: readonly RunResource[],
  { rungs, epochs, eta = 3 }: { rungs: readonly number[]; epochs: number; eta?: number },
): Promise<readonly number[]> => {
  const results = await user.results(experiment);
  const loss = (runId: number, epoch: number): number => {
    const row = results.find((one) => one.runId === runId && one.epoch === epoch);
    return Number(row?.metrics['val_loss']);
  };
  const trained = new Map<number, number>();
  let live = runs.filter(({ status }) => status !== 'failed').map(({ runId }) => runId);
  for (const rung of rungs) {
    for (const runId of live) trained.set(runId, rung);
    const best = live.toSorted((a, b) => loss(a, rung) - loss(b, rung));
    live = best.slice(0, Math.max(1, Math.floor(live.length / eta)));
  }
  for (const runId of live) trained.set(runId, epochs);
  return runs.map(({ runId }) => trained.get(runId) ?? 0);
};

/** The epochs after which a fit's bracket was decided, each as often as it was. */
const decidedAfter = async (
  { stack: { aws, table } }: World,
  { operation }: Pick<OperationResource, 'operation'>,
): Promise<readonly number[]> => {
  const pk = operationPartition({ workspace, experiment, operation });
  const rungs = new QueryCommand({
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :rung)',
    ExpressionAttributeValues: { ':pk': { S: pk }, ':rung': { S: 'RUNG#' } },
  });
  const { Items = [] } = await new DynamoDBClient(aws).send(rungs);
  return Items.map(({ epoch }) => Number(epoch?.N));
};

const compareAll = async ({ stack, user }: World, runs: readonly RunResource[]): Promise<void> => {
  const results = await user.results(experiment);
  await compareWithPlainLoop(stack, runs, { results, seed: 42 });
};

describe('on two workers', () => {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => removeStack(world.stack));

  test('nine runs become three, then one, and each ends as if trained alone for as many epochs', async () => {
    const { user } = world;
    const operation = await train(world, sha(configs(9, 9)));
    expect(operation).toMatchObject({ status: 'completed', plan: { workers: 2 } });
    expect(operation.brackets).toMatchObject([{ runCount: 9, rungs: [1, 3], maxEpochs: 9 }]);

    const runs = await runsOf(world, operation);
    expect(runs.map(({ source }) => source)).toEqual(Array(9).fill('sha'));
    const trained = runs.map(({ completedEpochs }) => completedEpochs);
    expect(trained.toSorted()).toEqual([1, 1, 1, 1, 1, 1, 3, 3, 9]);
    expect(trained).toEqual(await epochsByHand(world, runs, { rungs: [1, 3], epochs: 9 }));
    for (const { completedEpochs, status, endedBy, rung } of runs) {
      const [wanted, by] =
        completedEpochs === 9 ? ['completed', 'epochs-completed'] : ['stopped', 'sha'];
      expect({ status, endedBy, rung }).toEqual({ status: wanted, endedBy: by, rung: undefined });
    }
    const mine = new Set(runs.map(({ runId }) => runId));
    const results = (await user.results(experiment)).filter(({ runId }) => mine.has(runId));
    expect(results).toHaveLength(6 * 1 + 2 * 3 + 9);
    expect(await decidedAfter(world, operation)).toEqual([1, 3]);
    await compareAll(world, runs);
  });

  test('a run that fails leaves its bracket, and other configs of the fit train on beside it', async () => {
    const failing = configs(4, 4, (i) => (i === 1 ? { raise: true } : {}));
    const group = [config(), sha(failing, { eta: 2 })];
    const [beside, ...halved] = await runsOf(world, await train(world, group));
    expect(beside).toMatchObject({ status: 'completed', source: 'initial', completedEpochs: 2 });
    expect(halved[1]).toMatchObject({ status: 'failed', endedBy: 'error' });
    const how = { rungs: [1, 2], epochs: 4, eta: 2 };
    const trained = halved.map(({ completedEpochs }) => completedEpochs);
    expect(trained.toSorted()).toEqual([0, 1, 1, 4]);
    expect(trained).toEqual(await epochsByHand(world, halved, how));
  });

  test('runs whose results lack the metric fail with a sentence that names it', async () => {
    const group = sha(configs(2, 2), { metric: 'val_f1', mode: 'max' });
    const runs = await runsOf(world, await train(world, group));
    expect(runs.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(runs[0]?.error?.message).toContain('SHA decides by val_f1');
  });

  test('a data handle without a validation partition is refused', async () => {
    const { user } = world;
    const { body } = await user.call(createDataHandle, {
      params: { workspace, experiment },
      body: { locators: { train: await user.upload(trainCsv) } },
    });
    await user.ended(experiment, body.operation?.operation ?? 0);
    const { dataHandleId } = body.dataHandle;
    await expect(user.start(experiment, dataHandleId, sha(configs(3, 3)))).rejects.toMatchObject({
      name: 'partition-missing',
      message: expect.stringContaining('no validation partition'),
    });
  });
});

test('promoted runs go on in the jobs that trained them, where they were fused', async () => {
  const blocks = readFileSync(join(import.meta.dirname, 'specs/blocks.py'), 'utf8');
  const world = await open({}, blocks);
  try {
    const { user, dataHandleId } = world;
    const { operation } = await user.start(experiment, dataHandleId, sha(configs(9, 9)));
    const ended = await user.ended(experiment, operation, patienceSeconds);
    expect(ended.jobs.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(await decidedAfter(world, ended)).toEqual([1, 3]);
    const runs = await runsOf(world, ended);
    expect(runs.every(({ fusedWithin }) => fusedWithin !== undefined)).toBe(true);
    expect(runs.map(({ attempts }) => attempts)).toEqual(Array(9).fill(1));
    const trained = runs.map(({ completedEpochs }) => completedEpochs);
    expect(trained).toEqual(await epochsByHand(world, runs, { rungs: [1, 3], epochs: 9 }));
  } finally {
    await removeStack(world.stack);
  }
});

/** The first worker's runs are quick, the second's take their time, so the first worker waits at the rung. */
const unevenly =
  (pauseSeconds = 0.4) =>
  (i: number) =>
    i % 2 === 1 ? { pause_s: pauseSeconds } : {};

const firstWaits = async (world: World, operation: number): Promise<RunningJob> => {
  await until(
    'the first worker’s runs at their rung',
    async () => {
      const [first, second, third] = await runsOf(world, { operation });
      const stand = [first, third].every((run) => run?.completedEpochs === 1 && run.checkpointUri);
      return stand && second?.status === 'ongoing';
    },
    patienceSeconds,
  );
  const token = (job: RunningJob) => job.environment['FANFOLD_WORKER_TOKEN'] ?? '';
  const jobs = runningJobs(world.stack);
  const first = jobs.find((job) => workerOfToken(token(job))?.worker === 1);
  if (!first) throw new Error('the first worker is gone');
  return first;
};

test('the Python client asks for SHA, plans it, and shows what became of each run', async () => {
  const { stack } = await open();
  try {
    const script = join(import.meta.dirname, 'sha_client.py');
    const spec = join(import.meta.dirname, 'specs/line.py');
    const env = { FANFOLD_URL: stack.url, FANFOLD_TOKEN: stack.token, TRAIN_CSV: trainCsv };
    const program = '.venv/bin/python';
    const { stdout } = await promisify(execFile)(program, [script, spec], { env });
    expect(stdout).toContain('SHA lets the best go on after epochs 1, 2');
    expect(stdout).toContain('does not know what a GPU hour costs');
    expect(stdout).toContain('everything is as it should be');
  } finally {
    await removeStack(stack);
  }
});

describe('in the middle', () => {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => removeStack(world.stack));

  test('a worker killed while its runs wait at a rung loses nothing', async () => {
    const { user, dataHandleId } = world;
    const group = sha(configs(4, 3, unevenly()));
    const { operation } = await user.start(experiment, dataHandleId, group, exactly);
    const { pid } = await firstWaits(world, operation);
    process.kill(pid, 'SIGKILL');
    expect(await user.ended(experiment, operation, patienceSeconds)).toMatchObject({
      status: 'completed',
    });
    const runs = await runsOf(world, { operation });
    const trained = runs.map(({ completedEpochs }) => completedEpochs);
    expect(trained).toEqual(await epochsByHand(world, runs, { rungs: [1], epochs: 3 }));
    expect(trained.toSorted()).toEqual([1, 1, 1, 3]);
    await compareAll(world, runs);
  });

  test('a cancel stops those that wait as well as those that train, and leaves no worker', async () => {
    const { user, dataHandleId } = world;
    // The second worker does not reach the rung while the cancel is on its way.
    const group = sha(configs(4, 3, unevenly(2)));
    const { operation } = await user.start(experiment, dataHandleId, group);
    await firstWaits(world, operation);
    const params = { workspace, experiment, operation: 'current' as const };
    expect((await user.call(cancelOperation, { params })).status).toBe(202);
    const ended = await user.ended(experiment, operation, patienceSeconds);
    expect(ended).toMatchObject({ status: 'cancelled' });
    expect(runningJobs(world.stack)).toEqual([]);
    const runs = await runsOf(world, { operation });
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['stopped']));
    expect(new Set(runs.map(({ endedBy }) => endedBy))).toEqual(new Set(['cancelled']));
    expect(runs[0]?.completedEpochs).toBe(1);
    expect(runs[0]?.rung).toBeUndefined();
    expect(runs[0]?.checkpointUri).toBeDefined();
  });
});

describe('with one machine for two workers', () => {
  let world: World;
  beforeAll(async () => {
    world = await open({ slots: 1, maxWorkers: 2 });
  });
  afterAll(() => removeStack(world.stack));

  test('the worker that waits for runs which nobody trains makes room, and is started again', async () => {
    const operation = await train(world, sha(configs(6, 3)));
    expect(operation).toMatchObject({ status: 'completed', plan: { workers: 2 } });
    const runs = await runsOf(world, operation);
    const trained = runs.map(({ completedEpochs }) => completedEpochs);
    expect(trained).toEqual(await epochsByHand(world, runs, { rungs: [1], epochs: 3 }));
    expect(trained.toSorted()).toEqual([1, 1, 1, 1, 3, 3]);
    expect(runs.map(({ attempts }) => attempts)).toEqual(Array(6).fill(1));
  });
});
