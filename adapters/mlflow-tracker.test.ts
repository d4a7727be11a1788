import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { FoundRun, TrackedRun } from '../domain/tracker.ts';
import { TrackerRefusal } from '../domain/tracker.ts';
import { type MlflowServer, startMlflow, stopMlflow } from '../local/mlflow-server.ts';
import { MlflowApi } from './mlflow-api.ts';
import { MlflowTracker } from './mlflow-tracker.ts';

const folder = mkdtempSync(join(tmpdir(), 'fanfold-mlflow-'));
let server: MlflowServer;
let api: MlflowApi;
let tracker: MlflowTracker;

beforeAll(async () => {
  server = await startMlflow({ folder, outlivesUs: false });
  await server.isUp();
  api = apiAt(server.url);
  tracker = new MlflowTracker(api);
}, 200_000);
afterAll(async () => {
  await stopMlflow(folder);
  rmSync(folder, { recursive: true, force: true });
});

const apiAt = (url: string) => new MlflowApi({ url, authorize: async () => ({}) });

const runOf = (runId: number, more: Partial<TrackedRun> = {}): TrackedRun => ({
  experiment: 'default/digits',
  identity: `default/abcdefghij12/${runId}`,
  name: `run ${runId}`,
  status: 'RUNNING',
  startedAt: '2026-01-02T03:04:05.678Z',
  isDeleted: false,
  params: {},
  tags: {},
  ...more,
});

const found = async (id: string): Promise<FoundRun> => {
  const run = await tracker.find(id);
  if (!run) throw new Error(`no run ${id}`);
  return run;
};

const points = z.object({
  metrics: z.array(z.object({ step: z.number(), value: z.union([z.number(), z.string()]) })),
});

const historyOf = async (id: string, metric: string) => {
  const answer = await api.get('metrics/get-history', { run_id: id, metric_key: metric });
  return z.parse(points, answer).metrics.map(({ step, value }) => [step, value]);
};

it('finds a run by its identity, also when another client made it', async () => {
  expect(await tracker.findByIdentity(runOf(1))).toBeUndefined();
  const [made, other] = await Promise.all([tracker.create(runOf(1)), tracker.create(runOf(2))]);
  expect(made.id).not.toBe(other.id);
  expect((await tracker.findByIdentity(runOf(1)))?.id).toBe(made.id);
  expect(await tracker.find('0'.repeat(32))).toBeUndefined();
});

it('tells params and tags of any name, length and number', async () => {
  const { id } = await tracker.create(runOf(3));
  const many = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`knob.${i}`, `${i}`]));
  const params = { ...many, long: 'x'.repeat(9_000), 'größ?': '0', 'größe?': '"1"', 'grüße!': '2' };
  await tracker.tell(id, { params, tags: { 'fanfold.source': 'sha', 'fanfold.error': '' } });
  const run = await found(id);
  expect(run.params).toMatchObject({ ...many, gr__e_: '2' });
  expect(run.params['long']).toMatch(/^x{4999}…$/);
  expect(run.tags).toMatchObject({ 'fanfold.source': 'sha', 'fanfold.error': '' });
});

it('keeps every point of every epoch, those that are not finite too', async () => {
  const { id } = await tracker.create(runOf(4));
  const values = [0.1 + 0.2, 'NaN', 'Infinity', '-Infinity', 1e-300] as const;
  const epochs = values.map((value, i) => ({
    runId: 4,
    epoch: i + 1,
    trainLoss: value,
    metrics: { val_loss: i, 'weird % name': 1 },
  }));
  await tracker.addEpochs(id, epochs);
  expect((await found(id)).lastEpoch).toBe(5);
  const largest = Number.MAX_VALUE;
  expect(await historyOf(id, 'train_loss')).toEqual([
    [1, 0.1 + 0.2],
    [2, 'NaN'],
    [3, largest],
    [4, -largest],
    [5, 1e-300],
  ]);
  expect(await historyOf(id, 'weird _ name')).toHaveLength(5);
});

it('takes thousands of points, an epoch as a whole in each call', async () => {
  const { id } = await tracker.create(runOf(5));
  const metrics = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`metric_${i}`, i]));
  const epochs = Array.from({ length: 250 }, (_, i) => ({
    ...{ runId: 5, epoch: i + 1, trainLoss: 1 / (i + 1), metrics },
  }));
  await tracker.addEpochs(id, epochs);
  expect((await found(id)).lastEpoch).toBe(250);
  expect(await historyOf(id, 'metric_10')).toHaveLength(250);
});

it('a run ends, runs again, and is deleted', async () => {
  const endedAt = '2026-01-02T03:09:05.678Z';
  const { id } = await tracker.create(runOf(6));
  await tracker.setStatus(id, { status: 'KILLED', endedAt });
  expect(await found(id)).toMatchObject({ status: 'KILLED', endedAt });
  await tracker.setStatus(id, { status: 'RUNNING', endedAt: undefined });
  expect(await found(id)).toMatchObject({ status: 'RUNNING' });
  await tracker.delete(id);
  expect(await found(id)).toMatchObject({ isDeleted: true });
  expect((await tracker.findByIdentity(runOf(6)))?.id).toBe(id);
});

it('tells what is in vain from a server that is away', async () => {
  const { id } = await tracker.create(runOf(7));
  await tracker.tell(id, { params: { lr: '0.1' }, tags: {} });
  const changed = tracker.tell(id, { params: { lr: '0.2' }, tags: {} });
  await expect(changed).rejects.toBeInstanceOf(TrackerRefusal);
  const nobody = new MlflowTracker(apiAt('http://127.0.0.1:1'));
  const elsewhere = new MlflowTracker(apiAt(`${server.url}/elsewhere`));
  for (const one of [nobody, elsewhere]) {
    const refused = one.find(id);
    await expect(refused).rejects.toThrow();
    await expect(refused).rejects.not.toBeInstanceOf(TrackerRefusal);
  }
});
