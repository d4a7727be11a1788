import { expect, test } from 'vitest';
import { planLines } from './fit-plan.ts';

const planned = {
  runCount: 9,
  configs: [],
  brackets: [],
  plan: { workers: 1, runsPerWorker: 9, reason: 'so asked' },
  estimate: null,
  estimateReason: 'nothing is known',
};

test('a plan without an estimate says why there is none', () => {
  expect(planLines(planned)).toEqual([
    'Dry run: 9 runs on 1 worker, at most 9 each (so asked)',
    'No estimate: nothing is known',
    'Nothing was started',
  ]);
});

test('a plan tells rungs, hours, cost, and what earlier runs took of a GPU', () => {
  const bracket = {
    firstRunId: 1,
    runCount: 9,
    metric: 'val_loss',
    mode: 'min',
    eta: 3,
    maxEpochs: 9,
  } as const;
  const estimate = {
    gpuHours: 1.23456,
    hours: 0.5,
    usd: 2,
    gpuUtilization: 0.456,
    gpuPeakMemoryBytes: 3 * 2 ** 29,
  };
  const brackets = [
    { ...bracket, rungs: [1, 3] },
    { ...bracket, rungs: [2] },
    { ...bracket, rungs: [] },
  ];
  const told = planLines({ ...planned, brackets, estimate, estimateReason: '8 runs' });
  expect(told.slice(1, -1)).toEqual([
    'SHA lets the best go on after epochs 1, 3',
    'SHA lets the best go on after epoch 2',
    'SHA halves nothing: its first rung is the last epoch',
    'Estimate: 1.23 GPU hours, $2.00, done in 0.5 hours (8 runs)',
    'These runs kept a GPU 46% busy, with at most 1.5 GiB of its memory in use',
  ]);
});
