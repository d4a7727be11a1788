import { describe, expect, it } from 'vitest';
import type { ResultStore } from '../../domain/ports.ts';
import type { Rung } from '../../domain/rung.ts';
import type { RungStore } from '../../domain/worker-ports.ts';
import { later, newKey, now } from './samples.ts';

interface Ports {
  readonly rungs: RungStore;
  readonly results: ResultStore;
}

const rungOf = (more: Partial<Rung> = {}): Rung => ({
  ...newKey(),
  operation: 2,
  bracket: 0,
  epoch: 3,
  promoted: [7, 1],
  lacking: [],
  decidedAt: now,
  ...more,
});

/** What holds of every `RungStore`. */
export const rungStoreSuite = (ports: () => Ports) =>
  describe('a rung store', () => {
    it('tells what was measured at its epoch, of those of the runs that came so far', async () => {
      const { results, rungs } = ports();
      const rung = rungOf();
      const runIds = Array.from({ length: 130 }, (_, i) => 5 * i + 1);
      const row = (runId: number, epoch: number) => ({ runId, epoch, trainLoss: 0, metrics: {} });
      await results.putMany(
        rung,
        runIds.flatMap((runId) => [row(runId, 1), row(runId, 3)]),
      );
      const found = await rungs.measured(rung, [2, ...runIds]);
      expect(found.toSorted((a, b) => a.runId - b.runId)).toEqual(runIds.map((id) => row(id, 3)));
      expect(await rungs.measured({ ...rung, epoch: 2 }, runIds)).toEqual([]);
    });

    it('keeps the first decision, and tells every later one', async () => {
      const { rungs } = ports();
      const rung = rungOf();
      expect(await rungs.find(rung)).toBeUndefined();
      expect(await rungs.keep(rung)).toEqual(rung);
      expect(await rungs.keep({ ...rung, promoted: [2], decidedAt: later })).toEqual(rung);
      expect(await rungs.find(rung)).toEqual(rung);
    });

    it('lets one of many that race decide, and all hear the same', async () => {
      const { rungs } = ports();
      const rung = rungOf();
      const decisions = [1, 2, 3, 4, 5].map((runId) => ({ ...rung, promoted: [runId] }));
      const kept = await Promise.all(decisions.map((one) => rungs.keep(one)));
      expect(new Set(kept.map(({ promoted }) => promoted[0])).size).toBe(1);
      expect(await rungs.find(rung)).toEqual(kept[0]);
    });

    it('tells rungs of one fit apart by bracket and epoch', async () => {
      const { rungs } = ports();
      const rung = rungOf();
      await rungs.keep(rung);
      expect(await rungs.find({ ...rung, epoch: 9 })).toBeUndefined();
      expect(await rungs.find({ ...rung, bracket: 1 })).toBeUndefined();
      expect(await rungs.find({ ...rung, operation: 3 })).toBeUndefined();
    });

    it('keeps a decision on 10,000 runs', async () => {
      const { rungs } = ports();
      const rung = rungOf({ promoted: Array.from({ length: 5000 }, (_, i) => 90_000 + i) });
      await rungs.keep(rung);
      expect((await rungs.find(rung))?.promoted).toHaveLength(5000);
    });
  });
