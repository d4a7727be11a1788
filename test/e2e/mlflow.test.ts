import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloneRun, deleteRun, resumeRun, stopRun } from '../../contract/control-routes.ts';
import { startMlflow, stopMlflow } from '../../local/mlflow-server.ts';
import type { RunningStack } from '../../local/stack.ts';
import { mlflowAt, type ShownRun } from './mlflow-client.ts';
import { changeItem, config, freshStack, removeStack, until, userOf, workspace } from './scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'fanfold-mlflow-'));
const experiment = 'shown';
let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let mlflow: ReturnType<typeof mlflowAt>;
let dataHandleId: string;

beforeAll(async () => {
  const server = await startMlflow({ folder, outlivesUs: false });
  mlflow = mlflowAt(server.url);
  stack = await freshStack({ context: { mlflowTrackingUri: server.url } });
  user = userOf(stack);
  await user.create(experiment);
  dataHandleId = await user.download(experiment);
  await server.isUp();
});
afterAll(async () => {
  await removeStack(stack);
  await stopMlflow(folder);
  rmSync(folder, { recursive: true, force: true });
});

const ofRun = (runId: number) => ({ params: { workspace, experiment, runId: String(runId) } });

const shown = async (runId: number): Promise<ShownRun | undefined> =>
  (await mlflow.runs(`${workspace}/${experiment}`))[runId - 1];

const untilShown = (runId: number, what: string, holds: (run: ShownRun) => boolean) =>
  until(`that MLflow shows run ${runId} ${what}`, async () => {
    const run = await shown(runId);
    return run && holds(run) && run;
  });
const untilStatus = (runId: number, status: string) =>
  untilShown(runId, status, (run) => run.status === status);

/** Every point that MLflow has of a run is one of `get_results`, and the other way round. */
const comparePoints = async (runId: number) => {
  const { id } = await untilShown(runId, 'at all', () => true);
  const rows = (await user.results(experiment)).filter((row) => row.runId === runId);
  expect(rows.length).toBeGreaterThan(0);
  expect(await mlflow.points(id, 'train_loss')).toEqual(
    rows.map(({ epoch, trainLoss }) => [epoch, trainLoss]),
  );
  expect(await mlflow.points(id, 'val_loss')).toEqual(
    rows.map(({ epoch, metrics }) => [epoch, metrics['val_loss']]),
  );
};

test('MLflow shows what becomes of runs: stopped, resumed, cloned, deleted, completed', async () => {
  const slowly = config({ pause_s: 0.5, api_token: 'hush' }, { epochs: 3 });
  const endless = config({ pause_s: 0.5 }, { epochs: 500 });
  const { operation } = await user.start(experiment, dataHandleId, [slowly, endless], { seed: 7 });
  await Promise.all([untilStatus(1, 'RUNNING'), untilStatus(2, 'RUNNING')]);
  await user.call(stopRun, ofRun(1));
  const killed = await untilStatus(1, 'KILLED');
  expect(killed.tags).toMatchObject({ 'fanfold.ended_by': 'interactive-control' });
  await user.call(resumeRun, ofRun(1));
  expect((await untilStatus(1, 'RUNNING')).id).toBe(killed.id);

  const changes = { user_knobs: { pause_s: 0 } };
  await user.call(cloneRun, { ...ofRun(1), body: { changes, warmStart: false } });
  const askedAt = Date.now();
  const clone = await untilShown(3, 'at all', () => true);
  expect(Date.now() - askedAt).toBeLessThan(10_000);
  expect(clone.tags).toMatchObject({ 'fanfold.cloned_from': '1', 'fanfold.warm_started': 'false' });
  await user.call(deleteRun, ofRun(2));
  await untilShown(2, 'as deleted', ({ isDeleted }) => isDeleted);

  expect(await user.ended(experiment, operation)).toMatchObject({ status: 'completed' });
  for (const runId of [1, 3]) {
    const { id } = await untilStatus(runId, 'FINISHED');
    await comparePoints(runId);
    const noted = await user.untilRun(experiment, runId, 'has its ID', (run) => !!run.mlflowRunId);
    expect(noted.mlflowRunId).toBe(id);
  }
  const { params, tags } = await untilStatus(1, 'FINISHED');
  expect(params).toMatchObject({
    'train.optimizer.args.lr': '0.05',
    'user_knobs.api_token': '***',
    'user_knobs.pause_s': '0.5',
  });
  expect(tags).toMatchObject({
    'fanfold.data_handle': dataHandleId,
    'fanfold.seed': '7',
    'fanfold.code_sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('an epoch that was trained again does not double its points', async () => {
  const pk = `WS#${workspace}#EXP#${experiment}`;
  const row = { pk: `${pk}#EPOCHS#00000`, sk: 'EPOCH#0000003#00001' };
  const before = await shown(3);
  await changeItem(stack, row, 'trainLoss', '0.125');
  await changeItem(stack, { pk: `${pk}#RUNS#00000`, sk: 'RUN#0000003' }, 'dataHandleId', 'another');
  const after = await untilShown(
    3,
    'with a change',
    (run) => !!run.tags['fanfold.data_handle']?.match('another'),
  );
  const points = await mlflow.points(after.id, 'train_loss');
  expect(points.map(([epoch]) => epoch)).toEqual([1, 2, 3]);
  expect(points[0]?.[1]).not.toBe(0.125);
  expect(after.id).toBe(before?.id);
});

test('a server that is away delays no fit, and gets every point when it is back', async () => {
  expect(await stopMlflow(folder)).toBe(true);
  expect(processesNaming(folder)).toEqual([]);
  const startedAt = Date.now();
  const fit = await user.fit(experiment, dataHandleId, [config(), config({}, { epochs: 4 })]);
  expect(fit.status).toBe('completed');
  expect(Date.now() - startedAt).toBeLessThan(60_000);
  const fresh = (await user.runs(experiment)).filter(({ runId }) => runId > 3);
  expect(fresh.map(({ runId, mlflowRunId }) => [runId, mlflowRunId])).toEqual([
    [4, undefined],
    [5, undefined],
  ]);
  await (await startMlflow({ folder, outlivesUs: false })).isUp();
  for (const runId of [4, 5]) {
    const { id } = await untilStatus(runId, 'FINISHED');
    await comparePoints(runId);
    await user.untilRun(experiment, runId, 'has its ID', (run) => run.mlflowRunId === id);
  }
});

/** Processes whose command names a folder. */
const processesNaming = (text: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
