import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cloneRun } from '../../contract/control-routes.ts';
import { createDataHandle } from '../../contract/experiment-routes.ts';
import { startFit } from '../../contract/fit-routes.ts';
import { cancelOperation, listOperations } from '../../contract/operation-routes.ts';
import type { FitPlanResource, RunResource } from '../../contract/resources.ts';
import type { RunningStack } from '../../local/stack.ts';
import { config, freshStack, removeStack, trainCsv, until, userOf, workspace } from './scene.ts';

/* What a fit would do, what it may cost, and how large it may be. */

/** A busy machine may take its time; what is waited for still has to come about. */
vi.setConfig({ testTimeout: 600_000 });
const patienceSeconds = 500;

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let dataHandleId: string;
const experiment = 'plans';
const gpuHourUsd = 0.5;

beforeAll(async () => {
  stack = await freshStack({ context: { gpuHourUsd } });
  user = userOf(stack);
  await user.create(experiment);
  dataHandleId = await user.download(experiment);
});
afterAll(() => removeStack(stack));

const params = { workspace, experiment };

const dryRun = async (mlConfig: unknown, more: object = {}): Promise<FitPlanResource> => {
  const body = { dataHandleId, mlConfig, dryRun: true, ...more };
  const answer = await user.call(startFit, { params, body });
  if (answer.status !== 200 || 'operation' in answer.body) throw new Error('it was started');
  return answer.body;
};

const operations = async () => (await user.call(listOperations, { params })).body.items.length;

const runsOf = async (operation: number): Promise<readonly RunResource[]> =>
  (await user.runs(experiment)).filter((run) => run.operation === operation);

const runsWhen = (operation: number, holds: (runs: readonly RunResource[]) => boolean) =>
  until(
    'the runs to be so',
    async () => {
      const runs = await runsOf(operation);
      return holds(runs) ? runs : undefined;
    },
    patienceSeconds,
  );

const grid = (count: number, more: object = {}) => {
  const lr = { $list: Array.from({ length: count }, (_, i) => 0.001 * (i + 1)) };
  return { $grid: config({}, { optimizer: { name: 'SGD', args: { lr } }, ...more }) };
};

describe('a dry run', () => {
  test('tells the leaves and the workers, and that it cannot tell the cost of a first fit', async () => {
    const before = await operations();
    const plan = await dryRun([config(), grid(4)]);
    expect(plan).toMatchObject({
      runCount: 5,
      plan: { workers: 2, runsPerWorker: 3 },
      brackets: [],
      estimate: null,
      estimateReason: expect.stringContaining('no run of this experiment has finished an epoch'),
    });
    expect(plan.configs).toHaveLength(5);
    expect(plan.configs[0]).toEqual(config());
    expect(await operations()).toBe(before);
    expect(await user.runs(experiment)).toEqual([]);
  });

  test('tells the cost by what epochs took so far; SHA makes it less', async () => {
    const { operation } = await user.start(experiment, dataHandleId, grid(2));
    // It can be asked for while a fit is active.
    expect((await dryRun(grid(3))).runCount).toBe(3);
    await user.ended(experiment, operation, patienceSeconds);
    const trained = await user.runs(experiment);
    const seconds = trained.reduce((sum, run) => sum + run.runtimeSeconds, 0);
    const whole = await dryRun(grid(9, { epochs: 9 }));
    const hours = (seconds / 4) * (81 / 3600);
    expect(whole.estimate?.gpuHours).toBeCloseTo(hours, 9);
    expect(whole.estimate?.usd).toBeCloseTo(hours * gpuHourUsd, 9);
    // Of nine runs one worker has five; alone it has all.
    expect(whole.estimate?.hours).toBeCloseTo((hours * 5) / 9, 9);
    const alone = await dryRun(grid(9, { epochs: 9 }), { maxWorkers: 1 });
    expect(alone.plan).toMatchObject({ workers: 1, runsPerWorker: 9 });
    expect(alone.estimate).toMatchObject({
      gpuHours: expect.closeTo(hours, 9),
      hours: expect.closeTo(hours, 9),
    });
    const halved = await dryRun({
      $sha: { configGroup: grid(9, { epochs: 9 }), metric: 'val_loss', mode: 'min' },
    });
    expect(halved.estimate?.gpuHours).toBeCloseTo((hours * 21) / 81, 9);
    const firstRunId = trained.length + 1;
    expect(halved.brackets).toMatchObject([{ firstRunId, runCount: 9, rungs: [1, 3] }]);
  });

  test('of thousands shows the first hundred configs', async () => {
    const plan = await dryRun(grid(5000));
    expect(plan).toMatchObject({ runCount: 5000, plan: { workers: 2, runsPerWorker: 2500 } });
    expect(plan.configs).toHaveLength(100);
  });

  test('is refused as the fit would be', async () => {
    await expect(dryRun(config({ x: { $list: [1] } }))).rejects.toMatchObject({
      name: 'invalid-config',
    });
    await expect(dryRun(config(), { dataHandleId: 'dh-none' })).rejects.toMatchObject({
      name: 'data-handle-not-found',
    });
    const train = await user.upload(trainCsv);
    const { body } = await user.call(createDataHandle, { params, body: { locators: { train } } });
    await user.ended(experiment, body.operation?.operation ?? 0, patienceSeconds);
    const sha = { $sha: { configGroup: grid(3), metric: 'val_loss', mode: 'min' } };
    await expect(dryRun(sha, body.dataHandle)).rejects.toMatchObject({ name: 'invalid-request' });
    const { dataHandleId: id } = body.dataHandle;
    await expect(dryRun(sha, { dataHandleId: id })).rejects.toMatchObject({
      name: 'partition-missing',
    });
  });
});

describe('maxWorkers', () => {
  test('bounds the workers of a fit, and of runs that join it', async () => {
    const slow = config({ pause_s: 0.1 }, { epochs: 10 });
    const how = { maxWorkers: 1, executor: 'single' };
    const { operation } = await user.start(experiment, dataHandleId, [slow, config()], how);
    const [first] = await runsWhen(operation, ([run]) => run?.status === 'ongoing');
    const runId = String(first?.runId);
    // The other slot is free, and a worker without runs would be added, were it not for the bound.
    await user.call(cloneRun, {
      params: { ...params, runId },
      body: { changes: { train: { epochs: 1 } } },
    });
    const fit = await user.ended(experiment, operation, patienceSeconds);
    expect(fit).toMatchObject({ maxWorkers: 1, plan: { workers: 1, runsPerWorker: 2 } });
    expect(new Set(fit.jobs.map(({ worker }) => worker))).toEqual(new Set([1]));
    expect((await runsOf(operation)).map(({ status }) => status)).toEqual(
      Array(3).fill('completed'),
    );
  });

  test.each([0, -1, 1.5, 3, 'two'])('of %j is refused', async (maxWorkers) => {
    const before = await operations();
    const refusal = {
      name: 'invalid-request',
      problem: { errors: [expect.objectContaining({ pointer: '/maxWorkers' })] },
    };
    for (const dry of [true, false]) {
      const how = { maxWorkers, dryRun: dry };
      await expect(user.start(experiment, dataHandleId, config(), how)).rejects.toMatchObject(
        refusal,
      );
    }
    expect(await operations()).toBe(before);
  });
});

describe('a budget', () => {
  const endless = config({ pause_s: 0.1 }, { epochs: 1000 });

  test.each([
    ['of GPU hours', { gpuHours: 3 / 3600 }, { gpuHours: 3 / 3600 }],
    ['of money', { usd: gpuHourUsd / 1200 }, { gpuHours: expect.closeTo(3 / 3600) }],
  ])(
    '%s stops every open run when it is used up, with what was trained',
    async (_, budget, shown) => {
      const configs = [endless, endless, endless];
      const how = { budget, executor: 'single' };
      const { operation } = await user.start(experiment, dataHandleId, configs, how);
      const fit = await user.ended(experiment, operation, patienceSeconds);
      expect(fit).toMatchObject({ status: 'completed', budget: shown });
      expect(Date.parse(fit.budget?.usedUpAt ?? '')).toBeLessThan(Date.parse(fit.endedAt ?? ''));
      const runs = await runsOf(operation);
      expect(runs.map(({ status, endedBy }) => [status, endedBy])).toEqual(
        Array(3).fill(['stopped', 'budget']),
      );
      const [first, second, waiting] = runs;
      expect(first?.checkpointUri).toBeDefined();
      expect(second?.checkpointUri).toBeDefined();
      expect(waiting).toMatchObject({ completedEpochs: 0, runtimeSeconds: 0 });
      const trained = runs.reduce((sum, run) => sum + run.runtimeSeconds, 0);
      expect(trained).toBeGreaterThanOrEqual(3);
    },
  );

  test('that is enough changes nothing', async () => {
    const { operation } = await user.start(experiment, dataHandleId, grid(2), {
      budget: { gpuHours: 1 },
    });
    const fit = await user.ended(experiment, operation, patienceSeconds);
    expect(fit.budget).toEqual({ gpuHours: 1 });
    expect((await runsOf(operation)).map(({ status }) => status)).toEqual([
      'completed',
      'completed',
    ]);
  });

  test.each([{}, { gpuHours: 1, usd: 1 }, { gpuHours: 0 }, { usd: -1 }, { hours: 1 }])(
    'like %j is refused',
    async (budget) => {
      const refused = user.start(experiment, dataHandleId, config(), { budget });
      const fault = { pointer: expect.stringMatching(/^\/budget/) };
      const errors = expect.arrayContaining([expect.objectContaining(fault)]);
      await expect(refused).rejects.toMatchObject({ name: 'invalid-request', problem: { errors } });
    },
  );
});

test('a fit of 10,000 leaves is accepted at once and planned within two minutes', async () => {
  const hundred = (from: number) => ({ $list: Array.from({ length: 100 }, (_, i) => from + i) });
  const all = { $grid: config({ a: hundred(0), b: hundred(0) }) };
  const asked = performance.now();
  const { operation, runCount } = await user.start(experiment, dataHandleId, all);
  const acceptedSeconds = (performance.now() - asked) / 1000;
  expect(runCount).toBe(10_000);
  const fit = await until(
    'the plan of 10,000 runs',
    async () => {
      const { body } = await user.call(listOperations, { params });
      return body.items.find((one) => one.operation === operation && one.status === 'running');
    },
    patienceSeconds,
  );
  const plannedSeconds = (Date.parse(fit.startedAt ?? '') - Date.parse(fit.createdAt)) / 1000;
  expect(fit.plan).toMatchObject({ workers: 2, runsPerWorker: 5000 });
  expect(acceptedSeconds).toBeLessThan(20);
  expect(plannedSeconds).toBeLessThan(120);
  await user.call(cancelOperation, { params: { ...params, operation: 'current' } });
  await user.ended(experiment, operation, patienceSeconds);
  const runs = await runsOf(operation);
  expect(runs).toHaveLength(10_000);
  expect(runs.filter(({ status }) => status === 'new' || status === 'ongoing')).toEqual([]);
});
