import { describe, expect, it } from 'vitest';
import type { ResultStore } from '../../domain/ports.ts';
import type { EpochResult } from '../../domain/run.ts';
import { allPages, newKey } from './samples.ts';

const row = (runId: number, epoch: number): EpochResult => ({
  runId,
  epoch,
  trainLoss: runId + epoch / 100,
  metrics: { val_loss: 0.5, accuracy: 'NaN' },
});

/** What holds of every `ResultStore`. */
export const resultStoreSuite = (ports: () => { readonly results: ResultStore }) =>
  describe('a result store', () => {
    it('keeps metrics in their order, and values that are not finite', async () => {
      const { results } = ports();
      const key = newKey();
      const odd: EpochResult = {
        runId: 1,
        epoch: 1,
        trainLoss: 'Infinity',
        metrics: { val_loss: 1, zeta: 'NaN', alpha: '-Infinity', '': 0 },
      };
      await results.putMany(key, [odd]);
      const { items } = await results.list(key, { limit: 10, firstRunId: 1, lastRunId: 1 });
      expect(items).toEqual([odd]);
      expect(Object.keys(items[0]?.metrics ?? {})).toEqual(Object.keys(odd.metrics));
    });

    it('replaces the row of the same run and epoch', async () => {
      const { results } = ports();
      const key = newKey();
      await results.putMany(key, [row(1, 1), { ...row(1, 1), trainLoss: 9 }]);
      await results.putMany(key, [{ ...row(1, 1), trainLoss: 10 }]);
      const { items } = await results.list(key, { limit: 10, firstRunId: 1, lastRunId: 1 });
      expect(items.map(({ trainLoss }) => trainLoss)).toEqual([10]);
    });

    it('lists the epochs of one run after one of them', async () => {
      const { results } = ports();
      const key = newKey();
      await results.putMany(key, [row(2, 1), row(2, 2), row(2, 10), row(1, 3), row(3, 3)]);
      const epochsAfter = (epoch: number) => results.listAfter({ ...key, runId: 2 }, epoch);
      expect(await epochsAfter(0)).toEqual([row(2, 1), row(2, 2), row(2, 10)]);
      expect(await epochsAfter(2)).toEqual([row(2, 10)]);
      expect(await epochsAfter(10)).toEqual([]);
    });

    it('lists by run and epoch over buckets, within the runs asked for', async () => {
      const { results } = ports();
      const key = newKey();
      const runs = [1, 2, 255, 256, 257, 5_000];
      const rows = runs.flatMap((runId) => [1, 2, 10, 11].map((epoch) => row(runId, epoch)));
      await results.putMany(key, rows.toReversed());
      const all = { firstRunId: 1, lastRunId: 10_000 };
      const pages = await allPages((page) => results.list(key, { ...page, ...all }), 5);
      expect(pages.flat()).toEqual(rows);
      expect(pages.map((page) => page.length)).toEqual([5, 5, 5, 5, 4]);
      const some = { firstRunId: 2, lastRunId: 256, limit: 100 };
      const { items } = await results.list(key, some);
      expect([...new Set(items.map(({ runId }) => runId))]).toEqual([2, 255, 256]);
    });
  });
