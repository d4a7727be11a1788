import { expect, test } from 'vitest';
import { addTimeUse, samplesPerSecond } from './time-use.ts';

const use = (examples: number, seconds: number) => ({
  examples,
  trainingSeconds: seconds,
  loadingSeconds: seconds / 2,
  swappingSeconds: seconds / 4,
  checkpointingSeconds: seconds / 8,
});

test('stretches of time add up, and samples per second are those of all of them', () => {
  const both = addTimeUse(use(100, 1), use(500, 3));
  expect(both).toEqual(use(600, 4));
  expect(samplesPerSecond(both)).toBe(150);
});

test('what was not told is not known', () => {
  expect(addTimeUse(undefined, undefined)).toBeUndefined();
  expect(addTimeUse(undefined, use(1, 1))).toEqual(use(1, 1));
  expect(addTimeUse(use(1, 1), undefined)).toEqual(use(1, 1));
  expect(samplesPerSecond(undefined)).toBeUndefined();
  expect(samplesPerSecond(use(0, 0))).toBeUndefined();
});
