import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { exportResults, exportRuns } from '../../contract/export-routes.ts';
import { getRun, listResults } from '../../contract/operation-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { during, readByClient, tellingSource } from './records-scene.ts';
import { config, freshStack, removeStack, userOf, workspace } from './scene.ts';

/* Several fits in one test take their time where others work too. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 });

let stack: RunningStack;
let user: ReturnType<typeof userOf>;

/** A GPU second costs a dollar here. */
const gpuHourUsd = 3600;

beforeAll(async () => {
  stack = await freshStack({ context: { gpuHourUsd } });
  user = userOf(stack);
});
afterAll(() => removeStack(stack));

describe('results and runs', () => {
  const experiment = 'measured';
  const params = { workspace, experiment };
  let dataHandleId: string;

  beforeAll(async () => {
    await user.create(experiment, tellingSource);
    dataHandleId = await user.download(experiment);
  });

  const csv = async (route: typeof exportResults | typeof exportRuns): Promise<string[]> => {
    const { status, body } = await user.call(route, { params, body: { format: 'csv' } });
    expect(status).toBe(201);
    return (await (await fetch(body.url)).text()).trimEnd().split('\n');
  };

  test('are columns without rows before there are any', async () => {
    expect(await user.results(experiment)).toEqual([]);
    expect(await csv(exportResults)).toEqual(['run_id,epoch,train_loss']);
    expect(await csv(exportRuns)).toEqual([
      'run_id,data_handle_id,status,source,ended_by,completed_epochs,mlflow_run_id,config,' +
        'cloned_from,warm_started,started_at,runtime_s,gpu_utilization,cost_usd,attempts,interruptions,fused_within,error,' +
        'gpu_memory_bytes,samples_per_s,loading_s,swapping_s,checkpointing_s',
    ]);
  });

  test('are complete and in order at every moment of a fit', async () => {
    const rates = [0.001, 0.01, 0.05, 0.1];
    const grid = { $grid: config({}, { epochs: 5, optimizer: sgd({ $list: rates }) }) };
    const { operation } = await user.start(experiment, dataHandleId, grid);
    let moments = 0;
    await during(user.ended(experiment, operation), async () => {
      const runs = await user.runs(experiment);
      const rows = (await user.results(experiment)).map(({ runId, epoch }) => `${runId}.${epoch}`);
      expect(rows).toEqual([...new Set(rows)].sort());
      const finished = runs.flatMap(({ runId, completedEpochs }) =>
        Array.from({ length: completedEpochs }, (_, i) => `${runId}.${i + 1}`),
      );
      expect(rows).toEqual(expect.arrayContaining(finished));
      moments += 1;
    });
    expect(moments).toBeGreaterThan(3);
    expect(await user.results(experiment)).toHaveLength(20);
  });

  test('come page by page, whatever their number', async () => {
    const query = { limit: '3' };
    const { body } = await user.call(listResults, { params, query });
    expect(body.items.map(({ runId, epoch }) => [runId, epoch])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
    ]);
    const next = await user.call(listResults, {
      params,
      query: { ...query, cursor: body.nextCursor },
    });
    expect(next.body.items.map(({ epoch }) => epoch)).toEqual([4, 5, 1]);
    const forged = { ...query, cursor: 'bm8' };
    const refused = user.call(listResults, { params, query: forged });
    await expect(refused).rejects.toMatchObject({
      name: 'invalid-request',
      problem: { errors: [{ pointer: '/cursor' }] },
    });
  });

  test('tell runtime and its price, and on a CPU nothing of a GPU', async () => {
    for (const run of await user.runs(experiment)) {
      expect(run.runtimeSeconds).toBeGreaterThan(0);
      expect(run.samplesPerSecond).toBeGreaterThan(0);
      expect(run.loadingSeconds).toBeGreaterThan(0);
      expect(run.checkpointingSeconds).toBeGreaterThan(0);
      expect(run.costUsd).toBeCloseTo(run.runtimeSeconds, 6);
      expect(run.startedAt).toBeDefined();
      expect(run.attempts).toBe(1);
      expect(run.gpuUtilization).toBeUndefined();
      expect(run.gpuPeakMemoryBytes).toBeUndefined();
    }
  });

  test('are the same over HTTP, in exported files, and in the client’s frames', async () => {
    const failing = config({ name: 'e', lines: 1, refuse: true });
    await user.fit(experiment, dataHandleId, failing);
    const rows = (await csv(exportResults)).slice(1).map((line) => line.split(',').map(Number));
    const listed = await user.results(experiment);
    expect(rows).toEqual(
      listed.map(({ runId, epoch, trainLoss, metrics }) => [
        runId,
        epoch,
        Number(trainLoss),
        Number(metrics['val_loss']),
      ]),
    );
    expect(await readByClient(stack)).toContain('20 results of measured are in');
    const wrong = user.call(exportRuns, { params, body: { format: 'xlsx' } as never });
    await expect(wrong).rejects.toMatchObject({
      name: 'invalid-request',
      problem: { errors: [{ pointer: '/format' }] },
    });
  });

  test('of a deleted run are shown only to whoever asks for it by its ID', async () => {
    await setStatus(experiment, 2, 'deleted');
    expect((await user.runs(experiment)).map(({ runId }) => runId)).toEqual([1, 3, 4, 5]);
    const trained = new Set((await user.results(experiment)).map(({ runId }) => runId));
    expect([...trained]).toEqual([1, 3, 4]);
    expect((await csv(exportResults)).filter((line) => line.startsWith('2,'))).toEqual([]);
    expect((await csv(exportRuns)).filter((line) => line.startsWith('2,'))).toEqual([]);
    const own = await user.call(listResults, { params, query: { runId: '2' } });
    expect(own.body.items).toHaveLength(5);
    const { body } = await user.call(getRun, { params: { ...params, runId: '2' } });
    expect(body.status).toBe('deleted');
    const unknown = user.call(listResults, { params, query: { runId: '99' } });
    await expect(unknown).rejects.toMatchObject({ name: 'run-not-found' });
  });
});

const sgd = (lr: unknown) => ({ name: 'SGD', args: { lr } });

/** Sets a run's status behind the service's back. */
const setStatus = async (experiment: string, runId: number, status: string): Promise<void> => {
  const pk = `WS#${workspace}#EXP#${experiment}#RUNS#00000`;
  const sk = `RUN#${String(runId).padStart(7, '0')}`;
  await new DynamoDBClient(stack.aws).send(
    new UpdateItemCommand({
      TableName: stack.table,
      Key: { pk: { S: pk }, sk: { S: sk } },
      UpdateExpression: 'SET #status = :status',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':status': { S: status } },
    }),
  );
};
