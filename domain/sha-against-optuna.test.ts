import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideRung, type Mode, modes, rungAfter } from './sha.ts';

/*
 * Our synchronous halving beside Optuna's asynchronous one (`SuccessiveHalvingPruner`), on the same tables
 * of metrics. What can be compared: at which epochs is halved, and who goes on once every run has arrived.
 * Left out is where the two differ on purpose: values that are not finite (Optuna does not count a NaN and
 * takes an infinity for a number) and equal values (Optuna lets all of them go on).
 */

interface Table {
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly mode: Mode;
  readonly eta: number;
  readonly minEpochs: number;
}

const tables = fc
  .record({
    runs: fc.integer({ min: 1, max: 13 }),
    epochs: fc.integer({ min: 2, max: 10 }),
    mode: fc.constantFrom(...modes),
    eta: fc.integer({ min: 2, max: 4 }),
    minEpochs: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(),
  })
  .map(({ runs, epochs, seed, ...how }): Table => {
    const cells = fc.sample(
      fc.uniqueArray(fc.double({ min: -1e3, max: 1e3, noNaN: true }), {
        minLength: runs * epochs,
        maxLength: runs * epochs,
      }),
      { numRuns: 1, seed },
    )[0];
    const row = (i: number) => cells?.slice(i * epochs, (i + 1) * epochs) ?? [];
    const ids = Array.from({ length: runs }, (_, i) => [String(3 * i + 1), row(i)] as const);
    return { ...how, values: Object.fromEntries(ids) };
  });

const halve = ({ values, ...how }: Table) => {
  const maxEpochs = Object.values(values)[0]?.length ?? 0;
  const halving = { ...how, metric: 'val_loss', maxEpochs };
  const rungs: { epoch: number; promoted: readonly number[] }[] = [];
  let live = Object.keys(values).map(Number);
  for (let epoch = rungAfter(halving, 0); epoch; epoch = rungAfter(halving, epoch)) {
    const at = epoch - 1;
    const contenders = live.map((runId) => ({ runId, value: values[runId]?.[at] }));
    live = decideRung(contenders, halving).promoted.toSorted((a, b) => a - b);
    rungs.push({ epoch, promoted: live });
  }
  return rungs;
};

test('Optuna halves at the same epochs and lets the same runs go on', () => {
  const sample = fc.sample(tables, { numRuns: 60, seed: 7 });
  const optuna = execFileSync('.venv/bin/python', ['test/oracles/optuna_halving.py'], {
    input: JSON.stringify(sample),
    encoding: 'utf8',
  });
  expect(sample.map(halve)).toEqual(JSON.parse(optuna));
  expect(sample.flatMap(halve).length).toBeGreaterThan(60);
});
