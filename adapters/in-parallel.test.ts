import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunked } from './in-parallel.ts';

it('pieces keep the order, are full, and weigh no more than they may, but for an item alone', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 30 }));
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 99 }), (items, size) => {
      const pieces = chunked(items, size, (weight) => weight);
      expect(pieces.flat()).toEqual(items);
      const sums = pieces.map((piece) => piece.reduce((sum, weight) => sum + weight, 0));
      for (const [i, sum] of sums.entries()) {
        expect(pieces[i]?.length === 1 || sum <= size).toBe(true);
        expect(sum + (pieces[i + 1]?.[0] ?? size + 1)).toBeGreaterThan(size);
      }
    }),
  );
});

it('without weights pieces have so many items', () => {
  expect(chunked([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(chunked([], 2)).toEqual([]);
});
