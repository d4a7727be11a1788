import { describe, expect, it } from 'vitest';
import type { EpochCheckpointStore, ResultStore } from '../../domain/ports.ts';
import type { EpochCheckpoint } from '../../domain/run.ts';
import { newKey } from './samples.ts';

const kept = (runId: number, epoch: number, lease = 1): EpochCheckpoint => ({
  runId,
  epoch,
  prefix: `runs/${runId}/checkpoints/epoch-${epoch}.lease-${lease}/`,
});

type Ports = { readonly epochCheckpoints: EpochCheckpointStore; readonly results: ResultStore };

/** What holds of every `EpochCheckpointStore`. */
export const epochCheckpointStoreSuite = (ports: () => Ports) =>
  describe('an epoch checkpoint store', () => {
    it('lists those of one run by epoch, in its thousands, and finds each', async () => {
      const { epochCheckpoints } = ports();
      const key = newKey();
      const all = Array.from({ length: 1_200 }, (_, i) => kept(257, i + 1));
      await epochCheckpoints.putMany(key, [...all.toReversed(), kept(256, 1), kept(258, 1)]);
      expect(await epochCheckpoints.list({ ...key, runId: 257 })).toEqual(all);
      const found = await epochCheckpoints.find({ ...key, runId: 257, epoch: 1_000 });
      expect(found).toEqual(kept(257, 1_000));
      expect(await epochCheckpoints.find({ ...key, runId: 257, epoch: 0 })).toBeUndefined();
      expect(await epochCheckpoints.find({ ...key, runId: 257, epoch: 1_201 })).toBeUndefined();
      expect(await epochCheckpoints.list({ ...key, runId: 1 })).toEqual([]);
    });

    it('keeps the newest of an epoch that was trained again', async () => {
      const { epochCheckpoints } = ports();
      const key = newKey();
      await epochCheckpoints.putMany(key, [kept(1, 1), kept(1, 2), kept(1, 2, 2)]);
      await epochCheckpoints.putMany(key, [kept(1, 1, 3)]);
      expect(await epochCheckpoints.list({ ...key, runId: 1 })).toEqual([
        kept(1, 1, 3),
        kept(1, 2, 2),
      ]);
    });

    it('lies beside the results and is none of them', async () => {
      const { epochCheckpoints, results } = ports();
      const key = newKey();
      await epochCheckpoints.putMany(key, [kept(1, 1)]);
      const { items } = await results.list(key, { limit: 10, firstRunId: 1, lastRunId: 9 });
      expect(items).toEqual([]);
    });
  });
