import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProblemError } from '../../contract/client.ts';
import { getExperiment } from '../../contract/experiment-routes.ts';
import { startedFit, startFit } from '../../contract/fit-routes.ts';
import { listOperations } from '../../contract/operation-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { compareWithPlainLoop } from './plain-loop.ts';
import { config, freshStack, removeStack, userOf, workspace } from './scene.ts';

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let dataHandleId: string;
const experiment = 'fits';

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
  await user.create(experiment);
  dataHandleId = await user.download(experiment);
});
afterAll(() => removeStack(stack));

test('a fit ends with the weights and metrics of a plain PyTorch loop, bit for bit', async () => {
  const adam = { epochs: 3, optimizer: { name: 'Adam', args: { lr: 0.01 } } };
  const operation = await user.fit(experiment, dataHandleId, [config(), config({}, adam)], {
    seed: 7,
  });
  expect(operation).toMatchObject({ status: 'completed', firstRunId: 1, runCount: 2 });
  const runs = await user.runs(experiment);
  expect(runs.map(({ status, endedBy }) => [status, endedBy])).toEqual([
    ['completed', 'epochs-completed'],
    ['completed', 'epochs-completed'],
  ]);
  const results = await user.results(experiment);
  await compareWithPlainLoop(stack, runs, { results, seed: 7 });
});

test('a second fit of the experiment appends runs and results', async () => {
  const before = await user.runs(experiment);
  const last = before.at(-1)?.runId ?? 0;
  const operation = await user.fit(experiment, dataHandleId, {
    $grid: config({ x: { $list: [1, 2] } }),
  });
  expect(operation.firstRunId).toBe(last + 1);
  const runs = await user.runs(experiment);
  expect(runs.map(({ runId }) => runId)).toEqual(Array.from({ length: last + 2 }, (_, i) => i + 1));
  const trained = new Set((await user.results(experiment)).map(({ runId }) => runId));
  expect(trained.size).toBe(last + 2);
});

test('a fit of 200 small runs starts two workers and trains them all', async () => {
  const rates = Array.from({ length: 200 }, (_, i) => 0.001 * (i + 1));
  const grid = {
    $grid: config({}, { optimizer: { name: 'SGD', args: { lr: { $list: rates } } } }),
  };
  const operation = await user.fit(experiment, dataHandleId, grid);
  expect(operation).toMatchObject({ status: 'completed', runCount: 200 });
  expect(operation.plan).toMatchObject({ workers: 2, runsPerWorker: 100 });
  expect(operation.jobs.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  const runs = (await user.runs(experiment)).slice(-200);
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['completed']));
  const results = await user.results(experiment);
  const first = operation.firstRunId ?? 0;
  expect(results.filter(({ runId }) => runId >= first)).toHaveLength(400);
  expect(results.map(({ runId, epoch }) => runId * 1000 + epoch)).toEqual(
    results.map(({ runId, epoch }) => runId * 1000 + epoch).toSorted((a, b) => a - b),
  );
});

describe('refused before anything starts:', () => {
  const problemOf = async (body: object): Promise<ProblemError['problem']> => {
    const call = user.call(startFit, {
      params: { workspace, experiment },
      body: { dataHandleId, mlConfig: config(), ...body },
    });
    const error = await call.then(
      () => undefined,
      (refused: unknown) => refused,
    );
    if (error instanceof ProblemError) return error.problem;
    throw new Error(`not refused: ${error}`);
  };

  test('a bad config, with a pointer to every fault', async () => {
    const operations = async () =>
      (await user.call(listOperations, { params: { workspace, experiment } })).body.items.length;
    const before = await operations();
    const bad = config({ width: { $list: [1, 2] } }, { optimizer: { name: 'Adma' } });
    const problem = await problemOf({ mlConfig: [config(), bad] });
    expect(problem).toMatchObject({
      status: 422,
      type: 'https://fanfold.dev/problems/invalid-config',
    });
    expect(problem.errors?.map(({ pointer }) => pointer).toSorted()).toEqual([
      '/mlConfig/1/train/optimizer/name',
      '/mlConfig/1/user_knobs/width',
    ]);
    expect((await problemOf({ mlConfig: { $grid: bad } })).errors).toMatchObject([
      { pointer: '/mlConfig/$grid/train/optimizer/name' },
    ]);
    expect(await operations()).toBe(before);
  });

  test('a data handle that does not exist', async () => {
    expect(await problemOf({ dataHandleId: 'dh-none' })).toMatchObject({
      status: 404,
      type: 'https://fanfold.dev/problems/data-handle-not-found',
    });
  });

  test('a body that is not as the route wants it', async () => {
    expect(await problemOf({ seed: -1, sed: 1 })).toMatchObject({ status: 400 });
  });
});

test('a call repeated with its idempotency key has one effect, and the key serves no other call', async () => {
  const call = async (seed: number) => {
    const body = { dataHandleId, mlConfig: config(), seed };
    const once = { params: { workspace, experiment }, body, idempotencyKey: 'once' };
    return startedFit(await user.call(startFit, once));
  };
  const [first, second] = await Promise.all([call(1), call(1)]);
  expect(second.operation).toBe(first.operation);
  await user.ended(experiment, first.operation);
  expect((await call(1)).operation).toBe(first.operation);
  await expect(call(2)).rejects.toMatchObject({ name: 'idempotency-key-reused' });
  const { body } = await user.call(getExperiment, { params: { workspace, experiment } });
  expect(body.activeOperation).toBeUndefined();
});
