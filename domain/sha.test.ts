import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MetricValue } from './run.ts';
import { type Contender, decideRung, epochsToTrain, modes, rungAfter, rungsOf } from './sha.ts';

const halving = { metric: 'val_loss', mode: 'min', eta: 3, minEpochs: 1, maxEpochs: 9 } as const;
const at = (...values: readonly (MetricValue | undefined)[]): readonly Contender[] =>
  values.map((value, i) => ({ runId: i + 1, value }));
const promoted = (contenders: readonly Contender[], how: object = {}) =>
  decideRung(contenders, { ...halving, ...how }).promoted;

describe('rungs', () => {
  test('are at minEpochs · eta^k, and the last epoch is none', () => {
    expect(rungsOf(halving)).toEqual([1, 3]);
    expect(rungsOf({ ...halving, maxEpochs: 10 })).toEqual([1, 3, 9]);
    expect(rungsOf({ ...halving, minEpochs: 2, eta: 2, maxEpochs: 17 })).toEqual([2, 4, 8, 16]);
    expect(rungsOf({ ...halving, minEpochs: 9 })).toEqual([]);
  });

  test('follow one another until the run trains to its end', () => {
    expect([0, 1, 2, 3, 9].map((epoch) => rungAfter(halving, epoch))).toEqual([
      1,
      3,
      3,
      undefined,
      undefined,
    ]);
  });

  test('leave so many epochs to train', () => {
    expect(epochsToTrain(halving, 9)).toBe(9 * 1 + 3 * 2 + 1 * 6);
    expect(epochsToTrain({ ...halving, minEpochs: 9 }, 9)).toBe(81);
  });
});

describe('at a rung', () => {
  test('the best third goes on, best first, by the lowest or the highest value', () => {
    const values = at(0.5, 0.1, 0.9, 0.3, 0.8, 0.2);
    expect(promoted(values)).toEqual([2, 6]);
    expect(promoted(values, { mode: 'max' })).toEqual([3, 5]);
  });

  test('one goes on where a third is less than one', () => {
    expect(promoted(at(0.2, 0.1))).toEqual([2]);
    expect(promoted(at(0.2))).toEqual([1]);
    expect(promoted([])).toEqual([]);
  });

  test('of equals the lower run ID goes on', () => {
    expect(promoted(at(1, 0.5, 0.5, 0.5), { eta: 2 })).toEqual([2, 3]);
  });

  test.each(modes)('NaN and both infinities are worst and equal (mode %s)', (mode) => {
    const values = at('NaN', 'Infinity', '-Infinity', 7, 'NaN');
    expect(promoted(values, { mode, eta: 2 })).toEqual([4, 1]);
    expect(promoted(at('-Infinity', 'Infinity', 'NaN'), { mode })).toEqual([1]);
  });

  test('a run whose results lack the metric is told apart and not counted', () => {
    expect(decideRung(at(0.1, 0.2, undefined, 0.4, 0.5, 0.6), halving)).toEqual({
      promoted: [1],
      lacking: [3],
    });
    expect(decideRung(at(undefined, undefined), halving)).toEqual({
      promoted: [],
      lacking: [1, 2],
    });
  });
});

describe('whatever the table,', () => {
  const value = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: -3, max: 3 }) },
    fc.constantFrom('NaN' as const, 'Infinity' as const, '-Infinity' as const),
  );
  const tables = fc.record({
    contenders: fc.array(value, { minLength: 1, maxLength: 40 }).map((values) => at(...values)),
    mode: fc.constantFrom(...modes),
    eta: fc.integer({ min: 2, max: 5 }),
  });
  const rank = ({ value: v }: Contender, mode: string) =>
    typeof v !== 'number' ? 1e9 : mode === 'min' ? v : -v;

  test('max(1, ⌊n/eta⌋) runs go on, and no run that stays behind is better', () => {
    fc.assert(
      fc.property(tables, ({ contenders, ...how }) => {
        const on = promoted(contenders, how);
        expect(new Set(on).size).toBe(Math.max(1, Math.floor(contenders.length / how.eta)));
        const ranked = contenders.toSorted(
          (a, b) => Math.sign(rank(a, how.mode) - rank(b, how.mode)) || a.runId - b.runId,
        );
        expect(on).toEqual(ranked.slice(0, on.length).map(({ runId }) => runId));
      }),
    );
  });

  test('the order in which the runs arrived decides nothing', () => {
    fc.assert(
      fc.property(
        tables.chain((table) =>
          fc.record({
            table: fc.constant(table),
            shuffled: fc.shuffledSubarray([...table.contenders], {
              minLength: table.contenders.length,
            }),
          }),
        ),
        ({ table, shuffled }) => {
          expect(promoted(shuffled, table)).toEqual(promoted(table.contenders, table));
        },
      ),
    );
  });

  test('a run that goes on would also go on with a better value', () => {
    fc.assert(
      fc.property(tables, ({ contenders, ...how }) => {
        for (const runId of promoted(contenders, how)) {
          const better = how.mode === 'min' ? -4 : 4;
          const improved = contenders.map((one) =>
            one.runId === runId ? { ...one, value: better } : one,
          );
          expect(promoted(improved, how)[0]).toBe(runId);
        }
      }),
    );
  });
});
