import { expect, test } from 'vitest';
import { costUsd } from './cost.ts';
import { addGpuUse, gpuUtilization } from './gpu-use.ts';

const use = (seconds: number, busySeconds: number, peakMemoryBytes: number) => ({
  seconds,
  busySeconds,
  peakMemoryBytes,
});

test('measurements add up to a mean weighted by time and the highest memory', () => {
  const both = addGpuUse(use(1, 1, 10), use(3, 1, 7));
  expect(both).toEqual(use(4, 2, 10));
  expect(gpuUtilization(both)).toBe(0.5);
});

test('what was not measured is not known', () => {
  expect(addGpuUse(undefined, undefined)).toBeUndefined();
  expect(addGpuUse(undefined, use(1, 1, 1))).toEqual(use(1, 1, 1));
  expect(addGpuUse(use(1, 1, 1), undefined)).toEqual(use(1, 1, 1));
  expect(gpuUtilization(undefined)).toBeUndefined();
  expect(gpuUtilization(use(0, 0, 5))).toBeUndefined();
});

test('a run costs its share of a GPU’s hour, and without a price that is not known', () => {
  expect(costUsd({ runtimeSeconds: 1800 }, 0.5)).toBe(0.25);
  expect(costUsd({ runtimeSeconds: 1800 }, 0)).toBeUndefined();
});
