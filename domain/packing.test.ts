import fc from 'fast-check';
import { expect, test } from 'vitest';
import { executors } from './operation.ts';
import { planWorkers, workersFor } from './packing.ts';

test('200 small runs start two workers, not 200', () => {
  const { plan, shares } = planWorkers({ runCount: 200, maxWorkers: 2, executor: 'auto' });
  expect(plan).toMatchObject({ workers: 2, runsPerWorker: 100 });
  expect(shares.map((share) => share.length)).toEqual([100, 100]);
});

test('each run has its own worker while there are enough', () => {
  expect(planWorkers({ runCount: 3, maxWorkers: 8, executor: 'auto' }).shares).toEqual([
    [0],
    [1],
    [2],
  ]);
});

test('neighbours share a worker, but for runs that are trained one after the other', () => {
  const counts = { runCount: 5, maxWorkers: 2 };
  expect(planWorkers({ ...counts, executor: 'auto' }).shares).toEqual([
    [0, 1],
    [2, 3, 4],
  ]);
  expect(planWorkers({ ...counts, executor: 'single' }).shares).toEqual([
    [0, 2, 4],
    [1, 3],
  ]);
});

test('the shares are equal but for one run, and hold every run once', () => {
  const counts = {
    runCount: fc.integer({ min: 1, max: 500 }),
    maxWorkers: fc.integer({ min: 1, max: 50 }),
    executor: fc.constantFrom(...executors),
  };
  fc.assert(
    fc.property(fc.record(counts), ({ runCount, maxWorkers, executor }) => {
      const { shares } = planWorkers({ runCount, maxWorkers, executor });
      const sizes = shares.map((share) => share.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(shares.flat().toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: runCount }, (_, i) => i),
      );
    }),
  );
});

test('a fit has as many workers as it asks for, or else as are allowed', () => {
  expect([undefined, 1, 8].map((asked) => workersFor(asked, 8))).toEqual([8, 1, 8]);
});

test('more workers than are allowed are refused, with the number that is', () => {
  expect(() => workersFor(9, 8)).toThrow(
    expect.objectContaining({
      refusal: 'invalid-request',
      faults: [{ pointer: '/maxWorkers', detail: 'must be at most 8' }],
    }),
  );
});
