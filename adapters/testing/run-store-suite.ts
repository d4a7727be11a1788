import { describe, expect, it } from 'vitest';
import type { RunStore } from '../../domain/ports.ts';
import type { Run } from '../../domain/run.ts';
import { allPages, count, newKey, runOf } from './samples.ts';

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** What holds of every `RunStore`. */
export const runStoreSuite = (ports: () => { readonly runs: RunStore }) => {
  keeping(ports);
  listing(ports);
  changing(ports);
};

const timeUse = {
  examples: 64,
  trainingSeconds: 1,
  loadingSeconds: 0.125,
  swappingSeconds: 0,
  checkpointingSeconds: 0.125,
};

const keeping = (ports: () => { readonly runs: RunStore }) =>
  describe('a run store, keeping runs', () => {
    it('gives back a run as it was, its config to the letter', async () => {
      const { runs } = ports();
      const config: Run['config'] = JSON.parse(
        '{"z": 1e-7, "__proto__": {"a": ""}, "empty": "", "none": null, "big": 123456789012345678}',
      );
      const run: Run = {
        ...runOf(newKey(), 1),
        config,
        status: 'failed',
        endedBy: 'error',
        progress: { epoch: 2, chunk: 1, chunks: 4 },
        checkpoint: { prefix: 'a/b/', epoch: 1, chunk: 0 },
        error: { message: 'no', traceback: 'File …\n' },
        runtimeSeconds: 1.25,
        timeUse,
      };
      await runs.createMany([run]);
      const found = await runs.find(run);
      expect(found).toEqual(run);
      expect(JSON.stringify(found?.config)).toBe(JSON.stringify(config));
      expect(await runs.find({ ...run, runId: 2 })).toBeUndefined();
    });

    it('plans again without touching runs that exist', async () => {
      const { runs } = ports();
      const key = newKey();
      await runs.createMany(range(1, 150).map((n) => runOf(key, n)));
      await runs.replace({ ...runOf(key, 7), status: 'ongoing' }, 'new');
      const plan = range(1, 300).map((n) => runOf(key, n));
      await Promise.all([runs.createMany(plan), runs.createMany(plan)]);
      const found = await runs.findMany(key, range(1, 301));
      expect(found.map(({ runId }) => runId)).toEqual(range(1, 300));
      expect(found.filter(({ status }) => status === 'ongoing').map(({ runId }) => runId)).toEqual([
        7,
      ]);
    });

    it('takes runs whose configs are as large as they may be, and gives back where they stand', async () => {
      const { runs } = ports();
      const key = newKey();
      const config = { text: 'x'.repeat(65_000) };
      await runs.createMany(range(1, 150).map((n) => ({ ...runOf(key, n), config, rung: n })));
      const found = await runs.findMany(key, range(1, 150));
      expect(found.map(({ rung }) => rung)).toEqual(range(1, 150));
      await runs.replace({ ...runOf(key, 7), rung: undefined }, 'new');
      expect((await runs.find(runOf(key, 7)))?.rung).toBeUndefined();
    });

    it('finds many in the order asked, over buckets', async () => {
      const { runs } = ports();
      const key = newKey();
      await runs.createMany([1, 256, 257, 600].map((n) => runOf(key, n)));
      const found = await runs.findMany(key, [600, 1, 999, 257, 1]);
      expect(found.map(({ runId }) => runId)).toEqual([600, 1, 257, 1]);
      expect(await runs.findMany(key, [])).toEqual([]);
    });
  });

const listing = (ports: () => { readonly runs: RunStore }) =>
  describe('a run store, listing them', () => {
    it('lists a range over buckets in order, page by page', async () => {
      const { runs } = ports();
      const key = newKey();
      await runs.createMany(range(1, 1_100).map((n) => runOf(key, n)));
      const bounds = { firstRunId: 200, lastRunId: 1_050 };
      const pages = await allPages((page) => runs.list(key, { ...page, ...bounds }), 400);
      expect(pages.map((page) => page.length)).toEqual([400, 400, 51]);
      expect(pages.flat().map(({ runId }) => runId)).toEqual(range(200, 1_050));
      expect(await runs.list(key, { limit: 5, firstRunId: 5, lastRunId: 4 })).toEqual({
        items: [],
      });
      const forged = runs.list(key, { limit: 5, ...bounds, cursor: 'bm8' });
      await expect(forged).rejects.toMatchObject({ refusal: 'invalid-request' });
    });

    it('lists sparse run IDs far apart', async () => {
      const { runs } = ports();
      const key = newKey();
      await runs.createMany([3, 5_000, 9_999].map((n) => runOf(key, n)));
      const { items } = await runs.list(key, { limit: 10, firstRunId: 1, lastRunId: 10_000 });
      expect(items.map(({ runId }) => runId)).toEqual([3, 5_000, 9_999]);
    });

    it('cuts a page where its runs would be too large for an answer, and goes on from there', async () => {
      const { runs } = ports();
      const key = newKey();
      const large = { text: '"'.repeat(10_000) };
      await runs.createMany(range(1, 5).map((n) => ({ ...runOf(key, n), config: large })));
      const bounds = { firstRunId: 1, lastRunId: 5 };
      const list = (maxBytes: number) =>
        allPages((page) => runs.list(key, { ...page, ...bounds, maxBytes }), 100);
      // A quote takes four bytes in an answer: `\\\"`.
      expect((await list(90_000)).map((page) => page.length)).toEqual([2, 2, 1]);
      expect((await list(1)).map((page) => page.length)).toEqual([1, 1, 1, 1, 1]);
      expect((await list(1_000_000)).map((page) => page.length)).toEqual([5]);
    });

    it('names the deleted runs of a range', async () => {
      const { runs } = ports();
      const key = newKey();
      await runs.createMany(range(1, 600).map((n) => runOf(key, n)));
      for (const n of [1, 256, 257, 600])
        await runs.replace({ ...runOf(key, n), status: 'deleted' }, 'new');
      const deleted = (firstRunId: number, lastRunId: number) =>
        runs.listDeleted(key, { firstRunId, lastRunId });
      expect(await deleted(1, 600)).toEqual([1, 256, 257, 600]);
      expect(await deleted(2, 256)).toEqual([256]);
      expect(await deleted(1, 0)).toEqual([]);
    });
  });

const changing = (ports: () => { readonly runs: RunStore }) =>
  describe('a run store, changing runs', () => {
    it('lets one of many transitions from the same status win', async () => {
      const { runs } = ports();
      const run = runOf(newKey(), 1);
      await runs.createMany([run]);
      const wins = await Promise.all(
        (['ongoing', 'stopped', 'deleted', 'failed'] as const).map((status) =>
          runs.replace({ ...run, status }, 'new'),
        ),
      );
      expect(count(wins, true)).toBe(1);
      expect(await runs.replace({ ...run, runId: 2 }, 'new')).toBe(false);
    });

    it('notes where a run is shown, and changes nothing else', async () => {
      const { runs } = ports();
      const run: Run = { ...runOf(newKey(), 1), status: 'ongoing' };
      await runs.createMany([run]);
      await runs.noteMlflowRun(run, 'a');
      expect(await runs.find(run)).toEqual({ ...run, mlflowRunId: 'a' });
      await runs.touch(run, '2026-01-01T00:00:00.000Z');
      expect(await runs.find(run)).toEqual({ ...run, mlflowRunId: 'a' });
      await runs.noteMlflowRun({ ...run, runId: 2 }, 'b');
      expect(await runs.find({ ...run, runId: 2 })).toBeUndefined();
    });
  });
