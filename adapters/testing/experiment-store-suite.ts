import { describe, expect, it } from 'vitest';
import type { ExperimentStore, OperationStore } from '../../domain/ports.ts';
import { allPages, count, experimentOf, fitOf, later, newKey, newWorkspace } from './samples.ts';

type Ports = { readonly experiments: ExperimentStore; readonly operations: OperationStore };

/** What holds of every `ExperimentStore`. */
export const experimentStoreSuite = (ports: () => Ports) => {
  creation(ports);
  endingAndListing(ports);
};

const creation = (ports: () => Ports) =>
  describe('an experiment store, creating', () => {
    it('gives back what was created, alive in its workspace', async () => {
      const { experiments } = ports();
      const created = experimentOf(newKey());
      expect(await experiments.findAlive(created.workspace)).toBeUndefined();
      expect(await experiments.create(created, undefined)).toBe('created');
      expect(await experiments.find(created)).toEqual(created);
      expect(await experiments.findAlive(created.workspace)).toEqual(created);
    });

    it('ends the superseded experiment in the transaction that creates the new one', async () => {
      const { experiments } = ports();
      const first = experimentOf(newKey());
      const second = { ...first, experiment: 'other', createdAt: later };
      await experiments.create(first, undefined);
      expect(await experiments.create(second, first)).toBe('created');
      expect(await experiments.find(first)).toEqual({
        ...first,
        status: 'ended',
        endedBy: 'superseded',
        endedAt: later,
      });
      expect((await experiments.findAlive(first.workspace))?.experiment).toBe('other');
    });

    it('lets one of many creators of different names win', async () => {
      const { experiments } = ports();
      const key = newKey();
      const outcomes = await Promise.all(
        [1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
          experiments.create(experimentOf({ ...key, experiment: `e${n}` }), undefined),
        ),
      );
      expect(count(outcomes, 'created')).toBe(1);
      expect(count(outcomes, 'alive-changed')).toBe(7);
      expect(await experiments.findAlive(key.workspace)).toBeDefined();
    });

    it('never makes a name twice, and tells a taken name from a stale view', async () => {
      const { experiments } = ports();
      const first = experimentOf(newKey());
      await experiments.create(first, undefined);
      const again = { ...first, id: 'zzzzzzzzzzzz' };
      expect(await experiments.create(again, first)).toBe('name-taken');
      expect(await experiments.create(again, undefined)).toBe('alive-changed');
      expect(await experiments.find(first)).toEqual(first);
      const second = { ...first, experiment: 'other' };
      await experiments.create(second, first);
      expect(await experiments.create(again, second)).toBe('name-taken');
      expect((await experiments.findAlive(first.workspace))?.experiment).toBe('other');
    });
  });

const endingAndListing = (ports: () => Ports) =>
  describe('an experiment store, ending and listing', () => {
    it('ends an alive experiment once, and only without an active operation', async () => {
      const { experiments, operations } = ports();
      const experiment = experimentOf(newKey());
      await experiments.create(experiment, undefined);
      const fit = fitOf(experiment, 1);
      await operations.start(experiment, fit, {});
      expect(await experiments.end(experiment, later)).toBe(false);
      await operations.finish({ ...fit, status: 'completed', endedAt: later }, 'pending');
      const ends = [experiments.end(experiment, later), experiments.end(experiment, later)];
      expect(count(await Promise.all(ends), true)).toBe(1);
      expect(await experiments.find(experiment)).toMatchObject({
        endedBy: 'ended',
        endedAt: later,
      });
      expect(await experiments.findAlive(experiment.workspace)).toBeUndefined();
    });

    it('lists by name, by status, page by page', async () => {
      const { experiments } = ports();
      const workspace = newWorkspace();
      const names = ['a', 'a-b', 'a.b', 'aa', 'b', 'b_1'];
      let alive: ReturnType<typeof experimentOf> | undefined;
      for (const experiment of names) {
        const next = experimentOf({ workspace, experiment });
        await experiments.create(next, alive);
        alive = next;
      }
      const pages = await allPages((page) => experiments.list(workspace, page), 2);
      expect(pages.map((page) => page.map(({ experiment }) => experiment))).toEqual([
        ['a', 'a-b'],
        ['a.b', 'aa'],
        ['b', 'b_1'],
      ]);
      const ended = await allPages(
        (page) => experiments.list(workspace, { ...page, status: 'ended' }),
        3,
      );
      expect(ended.map((page) => page.length)).toEqual([3, 2]);
    });

    it('refuses a cursor it did not give', async () => {
      const { experiments } = ports();
      for (const cursor of ['%', 'bm90IyBh', '']) {
        const listing = experiments.list('team', { limit: 1, cursor });
        await expect(listing).rejects.toMatchObject({ refusal: 'invalid-request' });
      }
    });
  });
