import fc from 'fast-check';

/** Who has the next turns: now one actor for a stretch, now another, which meets more than one at a time. */
export const stretches = (mostPassedOver: number, maxLength: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.record({ choice: fc.nat(mostPassedOver), times: fc.integer({ min: 1, max: 12 }) }), {
      maxLength,
      size: 'max',
    })
    .map((chosen) => chosen.flatMap(({ choice, times }) => Array<number>(times).fill(choice)));
