import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  cloneRun,
  deleteRun,
  extendRun,
  listControlLog,
  stopRun,
} from '../../contract/control-routes.ts';
import { getRun } from '../../contract/operation-routes.ts';
import type { RunResource } from '../../contract/resources.ts';
import type { RunningStack } from '../../local/stack.ts';
import { compareWithPlainLoop } from './plain-loop.ts';
import { config, freshStack, removeStack, userOf, workspace } from './scene.ts';

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let dataHandleId: string;
const experiment = 'cloned';
const seed = 5;

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
  await user.create(experiment, undefined, { epochCheckpoints: true });
  dataHandleId = await user.download(experiment);
});
afterAll(() => removeStack(stack));

const ofRun = (runId: number) => ({ params: { workspace, experiment, runId: String(runId) } });
const clone = async (runId: number, body: object) =>
  (await user.call(cloneRun, { ...ofRun(runId), body: { ...cold, ...body } })).body.runs;
const cold = { changes: {}, warmStart: false };
const run = async (runId: number) => (await user.call(getRun, ofRun(runId))).body;
const lr = (value: unknown) => ({ train: { optimizer: { args: { lr: value } } } });

/** A quarter of a second for each of the four chunks of an epoch. */
const slowly = (epochs: number) => config({ pause_s: 0.25 }, { epochs });
const trains = ({ progress }: RunResource): boolean => (progress?.chunk ?? 0) > 0;
const hasEpoch = ({ completedEpochs }: RunResource): boolean => completedEpochs > 0;
const isCompleted = ({ status }: RunResource): boolean => status === 'completed';
const isStopped = ({ status }: RunResource): boolean => status === 'stopped';

const quickly = { user_knobs: { pause_s: 0 } };

/** Ends the fit that is active by stopping what still trains. */
const endFit = async (operation: number, ...runIds: number[]) => {
  for (const runId of runIds) await user.call(stopRun, ofRun(runId));
  const fit = await user.ended(experiment, operation);
  expect(fit.status).toBe('completed');
};

test('a run is cloned cold with a grid of changes, and warm from its newest weights', async () => {
  const { operation } = await user.start(experiment, dataHandleId, slowly(500), { seed });
  await user.untilRun(experiment, 1, 'has an epoch', hasEpoch);
  const askedAt = Date.now();
  const grid = { $grid: { ...lr({ $list: [0.01, 0.02] }), ...quickly } };
  const [second, third] = await clone(1, { changes: grid });
  expect([second, third]).toMatchObject(
    [0.01, 0.02].map((rate, i) => ({
      runId: i + 2,
      operation,
      status: 'new',
      source: 'interactive-control',
      clonedFrom: 1,
      warmStarted: false,
      config: { train: { epochs: 500, optimizer: { name: 'SGD', args: { lr: rate } } } },
    })),
  );
  const short = { ...quickly, train: { epochs: 1 } };
  const [warm] = await clone(1, { changes: short, warmStart: true });
  const [cool] = await clone(1, { changes: short });
  const started = await user.untilRun(experiment, warm?.runId ?? 0, 'is completed', isCompleted);
  expect(Date.parse(started.startedAt ?? '') - askedAt).toBeLessThan(15_000);
  const trained = await user.untilRun(experiment, cool?.runId ?? 0, 'is completed', isCompleted);
  expect((await run(1)).status, 'nobody waited for the parent').toBe('ongoing');

  const results = await user.results(experiment);
  const lossOf = (runId: number, epoch: number) =>
    Number(results.find((row) => row.runId === runId && row.epoch === epoch)?.trainLoss);
  expect(started.warmStarted).toBe(true);
  expect(lossOf(started.runId, 1)).toBeLessThan(lossOf(trained.runId, 1));
  await compareWithPlainLoop(stack, [trained], { results, seed });

  const log = (await user.call(listControlLog, { params: { workspace, experiment } })).body.items;
  expect(log.map(({ op, made, asked }) => [op, made, asked?.warmStart])).toEqual([
    ['clone', [2, 3], false],
    ['clone', [4], true],
    ['clone', [5], false],
  ]);
  await endFit(operation, 1, 2, 3);
});

test('a warm clone of a named epoch starts from that epoch', async () => {
  const fit = await user.start(experiment, dataHandleId, slowly(500), { seed });
  const { operation, firstRunId: parent = 0 } = fit;
  await user.untilRun(experiment, parent, 'has two epochs', (one) => one.completedEpochs > 1);
  const changes = { ...quickly, ...lr(0), train: { epochs: 1, optimizer: { args: { lr: 0 } } } };
  const [made] = await clone(parent, { changes, warmStart: true, epoch: 1 });
  const idle = await user.untilRun(experiment, made?.runId ?? 0, 'is completed', isCompleted);
  const rows = await user.results(experiment);
  const lossAfter = (runId: number) => rows.find((row) => row.runId === runId)?.metrics['val_loss'];
  // It learned nothing, so it validates as its parent did after that epoch.
  expect(lossAfter(idle.runId)).toBe(lossAfter(parent));
  await endFit(operation, parent);
});

test('deleting a parent a moment later does its clone no harm', async () => {
  const fit = await user.start(experiment, dataHandleId, slowly(500), { seed });
  const { operation, firstRunId: parent = 0 } = fit;
  await user.untilRun(experiment, parent, 'trains', trains);
  const short = { ...quickly, train: { epochs: 1 } };
  const [made] = await clone(parent, { changes: short, warmStart: true });
  await user.call(deleteRun, ofRun(parent));
  await user.untilRun(experiment, made?.runId ?? 0, 'is completed', isCompleted);
  expect((await run(parent)).status).toBe('deleted');
  await endFit(operation);
});

test('a completed run is extended as if its epochs had been asked for at first', async () => {
  const configs = [slowly(500), config()];
  const how = { seed, executor: 'single' };
  const fit = await user.start(experiment, dataHandleId, configs, how);
  const { operation, firstRunId: beside = 0 } = fit;
  const runId = beside + 1;
  await user.untilRun(experiment, runId, 'is completed', isCompleted);
  const longer = (await user.call(extendRun, { ...ofRun(runId), body: { epochs: 3 } })).body.run;
  expect(longer).toMatchObject({ status: 'ongoing', config: { train: { epochs: 5 } } });
  const done = await user.untilRun(experiment, runId, 'has all epochs', (one) => {
    return isCompleted(one) && one.completedEpochs === 5;
  });
  const results = await user.results(experiment);
  await compareWithPlainLoop(stack, [done], { results, seed });
  await endFit(operation, beside);
  expect(isStopped(await run(beside))).toBe(true);
});
