import { expect, test } from 'vitest';
import type { ResultResource, RunResource } from '../../../../contract/resources.ts';
import { latestOf, runColumns } from './runs-table.ts';
import { table } from './table.ts';

const run = (runId: number, knobs: object, more: Partial<RunResource> = {}): RunResource => ({
  runId,
  operation: 2,
  dataHandleId: 'dh-1',
  status: 'completed',
  source: 'initial',
  completedEpochs: 3,
  config: { train: { epochs: 3, optimizer: { args: { lr: 0.01 * runId } } }, user_knobs: knobs },
  attempts: 1,
  interruptions: 0,
  createdAt: '2026-11-24T18:00:00.000Z',
  runtimeSeconds: 65,
  ...more,
});

const result = (runId: number, metrics: ResultResource['metrics']): ResultResource => ({
  runId,
  epoch: 3,
  trainLoss: 0.5,
  metrics,
});

const runs = [
  run(1, { architecture: 'mlp', width: 8 }, { costUsd: 0.0042 }),
  run(
    2,
    { architecture: 'cnn', width: 8 },
    { status: 'stopped', clonedFrom: 1, warmStarted: true },
  ),
];
const metrics = latestOf([
  result(1, { accuracy: 0.9, val_loss: 12345 }),
  result(2, { val_loss: 'NaN' }),
]);

const drawn = (latest: typeof metrics, width = 200) =>
  table(runColumns(runs, latest), runs, { width, paint: (_, text) => text });

test('runs are told apart by the knobs that differ, and judged by val_loss first', () => {
  expect(drawn(metrics)).toEqual([
    'run    lr  architecture  status     epochs  runtime     cost  train_loss  val_loss  accuracy  from',
    '  1  0.01  mlp           completed     3/3     1:05  $0.0042      0.5000  1.235e+4    0.9000',
    '  2  0.02  cnn           stopped       3/3     1:05               0.5000       NaN            warm clone of 1',
  ]);
});

test('on a narrow screen the validation loss stays', () => {
  expect(drawn(metrics, 40)[0]).toBe('run    lr  status     epochs  val_loss');
});

test('without validation the training loss stays', () => {
  expect(drawn(latestOf([{ ...result(1, {}) }]), 40)[0]).toMatch(/train_loss$/);
});
