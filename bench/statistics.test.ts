import { expect, test } from 'vitest';
import { median, percentile } from './statistics.ts';

test('a median lies in the middle, of an even number between the two middle ones', () => {
  expect(median([30, 10, 20])).toBe(20);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect(percentile(values, 0.5)).toBe(100);
  expect(percentile(values, 0.95)).toBe(190);
  expect(percentile([7], 0.95)).toBe(7);
});

test('nothing has no median and no percentile', () => {
  expect(() => median([])).toThrow('nothing was measured');
  expect(() => percentile([], 0.5)).toThrow('nothing was measured');
});
