import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkedBySize } from './in-parallel.ts';

const sizeOf = (items: readonly string[]): number =>
  items.reduce((sum, item) => sum + Buffer.byteLength(JSON.stringify(item)), 0);

it('pieces keep the order, and none has more items or bytes than it may, but for an item alone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 30 })),
      fc.record({ count: fc.integer({ min: 1, max: 7 }), bytes: fc.integer({ min: 1, max: 99 }) }),
      (items, limits) => {
        const pieces = chunkedBySize(items, limits);
        expect(pieces.flat()).toEqual(items);
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(limits.count);
          expect(piece.length === 1 || sizeOf(piece) <= limits.bytes).toBe(true);
        }
      },
    ),
  );
});
