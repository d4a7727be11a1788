import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProblemError } from '../../contract/client.ts';
import { deleteRun, listControlLog, resumeRun, stopRun } from '../../contract/control-routes.ts';
import { endExperiment } from '../../contract/experiment-routes.ts';
import { getRun, listResults, listRuns } from '../../contract/operation-routes.ts';
import type { RunResource } from '../../contract/resources.ts';
import type { RunningStack } from '../../local/stack.ts';
import { compareWithPlainLoop } from './plain-loop.ts';
import { config, freshStack, removeStack, userOf, workspace } from './scene.ts';

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let dataHandleId: string;
const experiment = 'steered';

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
  await user.create(experiment);
  dataHandleId = await user.download(experiment);
});
afterAll(() => removeStack(stack));

const ofRun = (runId: number) => ({ params: { workspace, experiment, runId: String(runId) } });
const stop = (runId: number) => user.call(stopRun, ofRun(runId));
const resume = (runId: number) => user.call(resumeRun, ofRun(runId));
const remove = (runId: number) => user.call(deleteRun, ofRun(runId));
const logOf = async () =>
  (await user.call(listControlLog, { params: { workspace, experiment } })).body.items;

const refusalOf = async (call: Promise<unknown>): Promise<string> => {
  const error = await call.then(
    () => undefined,
    (refused: unknown) => refused,
  );
  return error instanceof ProblemError ? error.name : `not refused: ${error}`;
};

/** The runs take a second for each of the four chunks of an epoch. */
const chunkSeconds = 1;
const slowly = (epochs: number) => config({ pause_s: chunkSeconds }, { epochs });
const trains = (run: RunResource): boolean => (run.progress?.chunk ?? 0) > 0;
const isStopped = ({ status }: RunResource): boolean => status === 'stopped';
const isCompleted = ({ status }: RunResource): boolean => status === 'completed';

/** Four runs on two workers, one after the other: 1 and 2 train first, 3 and 4 wait for them. */
test('runs are stopped, resumed and deleted while their fit goes on', async () => {
  const seed = 7;
  const configs = [slowly(3), slowly(4), config(), config()];
  const { operation } = await user.start(experiment, dataHandleId, configs, {
    seed,
    executor: 'single',
  });
  await Promise.all([1, 2].map((runId) => user.untilRun(experiment, runId, 'trains', trains)));

  const stopping = await stop(1);
  const askedAt = Date.now();
  expect(stopping).toMatchObject({ status: 202, body: { run: { status: 'ongoing' } } });
  expect(await refusalOf(stop(1))).toBe('illegal-transition');
  const waiting = await stop(3);
  expect(waiting).toMatchObject({ status: 200, body: { run: { status: 'stopped' } } });
  const stopped = await user.untilRun(experiment, 1, 'is stopped', isStopped);
  expect(Date.parse(stopped.endedAt ?? '') - askedAt).toBeLessThan(1000 * (chunkSeconds + 2));
  expect(stopped).toMatchObject({ endedBy: 'interactive-control' });
  expect(stopped.completedEpochs).toBeLessThan(3);
  expect(stopped.checkpointUri).toMatch(/\/runs\/1\//);

  expect((await resume(1)).body.run).toMatchObject({ status: 'ongoing' });
  expect(await refusalOf(resume(1))).toBe('illegal-transition');
  expect((await resume(3)).body.run).toMatchObject({ status: 'ongoing' });
  expect((await remove(2)).body.run).toMatchObject({ status: 'deleted' });
  expect(await refusalOf(resume(2))).toBe('illegal-transition');
  expect(await refusalOf(stop(99))).toBe('run-not-found');

  expect(await user.ended(experiment, operation)).toMatchObject({ status: 'completed' });
  const runs = await user.runs(experiment);
  expect(runs.map(({ runId }) => runId)).toEqual([1, 3, 4]);
  expect(runs.every(isCompleted)).toBe(true);
  const results = await user.results(experiment);
  expect(results.map(({ runId, epoch }) => [runId, epoch])).toEqual([
    [1, 1],
    [1, 2],
    [1, 3],
    [3, 1],
    [3, 2],
    [4, 1],
    [4, 2],
  ]);
  await compareWithPlainLoop(stack, runs, { results, seed });
});

test('a deleted run can still be asked for by its ID', async () => {
  expect((await user.call(getRun, ofRun(2))).body).toMatchObject({ status: 'deleted' });
  const query = { runId: '2' };
  const { body } = await user.call(listResults, { params: { workspace, experiment }, query });
  expect(body.items.length).toBeLessThan(4);
});

describe('the control log', () => {
  test('tells who asked for what, and what was answered', async () => {
    const log = await logOf();
    expect(log.map(({ op, runId, outcome, refusal }) => [op, runId, refusal ?? outcome])).toEqual([
      ['stop', 1, 'accepted'],
      ['stop', 1, 'illegal-transition'],
      ['stop', 3, 'accepted'],
      ['resume', 1, 'accepted'],
      ['resume', 1, 'illegal-transition'],
      ['resume', 3, 'accepted'],
      ['delete', 2, 'accepted'],
      ['resume', 2, 'illegal-transition'],
      ['stop', 99, 'run-not-found'],
    ]);
    expect(new Set(log.map(({ by }) => by)).size).toBe(1);
    expect(log[0]?.by).not.toBe('');
  });

  test('comes page by page', async () => {
    const paged: unknown[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: '4', cursor };
      const { body } = await user.call(listControlLog, {
        params: { workspace, experiment },
        query,
      });
      paged.push(...body.items);
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(await logOf());
  });
});

test('without an active fit nothing is steered', async () => {
  for (const op of [stop, resume, remove]) expect(await refusalOf(op(1))).toBe('no-active-fit');
  expect((await logOf()).slice(-3).map(({ refusal }) => refusal)).toEqual(
    Array(3).fill('no-active-fit'),
  );
});

/** Its fit is over then, so it goes on in the next one: on a worker of its own, since there each run is trained alone. */
test('a run that a budget stopped is resumed in the next fit, exactly where it stopped', async () => {
  const [seed, seconds] = [11, 2];
  const first = await user.start(experiment, dataHandleId, slowly(2), {
    seed,
    budget: { gpuHours: seconds / 3600 },
  });
  await user.ended(experiment, first.operation);
  const runId = first.firstRunId ?? 0;
  const cut = (await user.call(getRun, ofRun(runId))).body;
  expect(cut).toMatchObject({ status: 'stopped', endedBy: 'budget' });
  expect(cut.completedEpochs).toBeLessThan(2);

  const { operation } = await user.start(experiment, dataHandleId, slowly(3), {
    executor: 'single',
  });
  const resumed = (await resume(runId)).body.run;
  expect(resumed).toMatchObject({ operation, status: 'ongoing' });
  expect(resumed.endedBy).toBeUndefined();
  const trained = await user.untilRun(experiment, runId, 'is completed', isCompleted);
  const beside = (await user.call(getRun, ofRun(runId + 1))).body;
  expect(beside.status, 'it waited for nobody').toBe('ongoing');
  expect(await user.ended(experiment, operation)).toMatchObject({ status: 'completed' });

  const query = { operation: String(operation) };
  const { body } = await user.call(listRuns, { params: { workspace, experiment }, query });
  expect(body.items.map((run) => run.runId)).toEqual([runId, runId + 1]);
  const results = await user.results(experiment);
  await compareWithPlainLoop(stack, [trained], { results, seed });
});

test('an op repeated with its key is answered as before, also once its experiment has ended', async () => {
  const { operation, firstRunId } = await user.start(experiment, dataHandleId, slowly(100));
  const runId = firstRunId ?? 0;
  await user.untilRun(experiment, runId, 'trains', trains);
  const once = (idempotencyKey?: string) =>
    user.call(stopRun, { ...ofRun(runId), ...(idempotencyKey && { idempotencyKey }) });
  const { body: first } = await once('stop-it');
  await user.ended(experiment, operation);
  await user.call(endExperiment, { params: { workspace, experiment }, body: {} });
  expect(await refusalOf(once())).toBe('experiment-ended');

  const before = await logOf();
  const again = await once('stop-it');
  expect(again).toMatchObject({ status: 200, body: { run: { runId, status: 'stopped' } } });
  expect(again.body.control).toEqual(first.control);
  expect(await logOf()).toEqual(before);
});
