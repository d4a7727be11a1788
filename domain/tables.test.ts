import { expect, test } from 'vitest';
import { csvOf } from './csv.ts';
import { resultsTable } from './results-table.ts';
import type { EpochResult, Run } from './run.ts';
import { runsTable } from './runs-table.ts';
import { rowsOf } from './table.ts';

const results: readonly EpochResult[] = [
  { runId: 1, epoch: 1, trainLoss: 0.5, metrics: { 'val_f1,macro': 0.25, val_loss: 'NaN' } },
  { runId: 2, epoch: 1, trainLoss: 'Infinity', metrics: { val_accuracy: '-Infinity' } },
];

const run: Run = {
  workspace: 'default',
  experiment: 'e',
  runId: 7,
  operation: 1,
  dataHandleId: 'dh-1',
  worker: 1,
  config: { user_knobs: { name: 'a "b"', api_key: { $secret: 'set-0' } } },
  status: 'failed',
  source: 'initial',
  endedBy: 'error',
  completedEpochs: 2,
  attempts: 3,
  interruptions: 1,
  fruitlessAttempts: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:01.000Z',
  runtimeSeconds: 1800,
  timeUse: {
    examples: 300,
    trainingSeconds: 1.5,
    loadingSeconds: 0.5,
    swappingSeconds: 0.25,
    checkpointingSeconds: 0.125,
  },
  gpu: { seconds: 4, busySeconds: 1, peakMemoryBytes: 9 },
  error: { message: 'it raised', traceback: 'Traceback\nValueError: bad' },
};

const valuesOf = (table: ReturnType<typeof runsTable>, row: number) =>
  Object.fromEntries(table.map(({ name, cells }) => [name, cells[row]]));

test('results are a column per metric, val_loss first, with nothing where a run lacks it', () => {
  expect(csvOf(resultsTable(results))).toBe(
    'run_id,epoch,train_loss,val_loss,"val_f1,macro",val_accuracy\n' +
      '1,1,0.5,NaN,0.25,\n' +
      '2,1,Infinity,,,-Infinity\n',
  );
});

test('without any results there are still their columns', () => {
  const empty = resultsTable([]);
  expect(rowsOf(empty)).toBe(0);
  expect(csvOf(empty)).toBe('run_id,epoch,train_loss\n');
});

test('runs have the columns of get_runs_info, with their share of the GPU’s price', () => {
  expect(valuesOf(runsTable([run], 0.5), 0)).toEqual({
    run_id: 7,
    data_handle_id: 'dh-1',
    status: 'failed',
    source: 'initial',
    ended_by: 'error',
    completed_epochs: 2,
    mlflow_run_id: undefined,
    config: '{"user_knobs":{"name":"a \\"b\\"","api_key":"***"}}',
    cloned_from: undefined,
    warm_started: false,
    started_at: '2026-01-01T00:00:01.000Z',
    runtime_s: 1800,
    gpu_utilization: 0.25,
    cost_usd: 0.25,
    attempts: 3,
    interruptions: 1,
    fused_within: undefined,
    error: 'Traceback\nValueError: bad',
    gpu_memory_bytes: 9,
    samples_per_s: 200,
    loading_s: 0.5,
    swapping_s: 0.25,
    checkpointing_s: 0.125,
  });
  const clone = {
    ...run,
    clonedFrom: 3,
    warmStarted: true,
    fusedWithin: 0.0001,
    error: { message: 'it raised' },
  };
  expect(valuesOf(runsTable([clone], 0), 0)).toMatchObject({
    cloned_from: 3,
    warm_started: true,
    fused_within: 0.0001,
    error: 'it raised',
  });
});

test('a field with quotes, commas or line ends is quoted', () => {
  const [, , row] = csvOf(runsTable([run], 0)).split('\n');
  expect(csvOf(runsTable([run], 0))).toContain('"{""user_knobs"":{""name"":""a \\""b\\"""",');
  expect(row).toMatch(/^ValueError: bad",/);
});
