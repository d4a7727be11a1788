import { describe, expect, it } from 'vitest';
import type { ControlEntry } from '../../domain/control.ts';
import type { ExperimentKey } from '../../domain/experiment.ts';
import type { ExperimentStore, OperationStore, RunStore } from '../../domain/ports.ts';
import type { Run } from '../../domain/run.ts';
import type { Worker } from '../../domain/worker.ts';
import type { ControlChange, ControlLog, WorkerStore } from '../../domain/worker-ports.ts';
import {
  allPages,
  count,
  experimentOf,
  fitOf,
  later,
  newKey,
  now,
  runOf,
  workerOf,
} from './samples.ts';

interface Ports {
  readonly controlLog: ControlLog;
  readonly runs: RunStore;
  readonly workers: WorkerStore;
  readonly operations: OperationStore;
  readonly experiments: ExperimentStore;
}

const entryOf = (key: ExperimentKey, more: Partial<ControlEntry> = {}): ControlEntry => ({
  ...key,
  id: 'abcd1234',
  at: now,
  by: 'alice',
  op: 'stop',
  runId: 1,
  outcome: 'accepted',
  ...more,
});

/** A new run and its worker, and the change that stops it. */
const stoppable = async ({ runs, workers }: Ports) => {
  const key = newKey();
  const [run, worker] = [runOf(key, 1), workerOf(key, 1)];
  await runs.createMany([run]);
  await workers.createMany([worker]);
  const change = (more: Partial<ControlChange> = {}): ControlChange => ({
    runs: [{ before: run, after: { ...run, status: 'stopped' } }],
    workers: [
      { before: worker, after: { ...worker, dealing: { ...worker.dealing, waiting: [2] } } },
    ],
    ...more,
  });
  return { key, run, worker, change };
};

/** What holds of every `ControlLog`. */
export const controlLogSuite = (ports: () => Ports) => {
  accepting(ports);
  adding(ports);
  listing(ports);
};

const accepting = (ports: () => Ports) =>
  describe('a control log, accepting an op', () => {
    const seen = async (run: Run, worker: Worker) => {
      const { controlLog, runs, workers } = ports();
      const found = await workers.find(worker);
      const { items } = await controlLog.list(run, { limit: 10 });
      const waiting = found?.dealing.waiting;
      return { status: (await runs.find(run))?.status, waiting, logged: items.length };
    };

    it('does it to run and worker, and keeps it', async () => {
      const { key, run, worker, change } = await stoppable(ports());
      expect(await ports().controlLog.accept(entryOf(key), change())).toBe(true);
      expect(await seen(run, worker)).toEqual({ status: 'stopped', waiting: [2], logged: 1 });
      expect((await ports().workers.find(worker))?.revision).toBe(1);
    });

    it('changes and keeps nothing when the worker was heard since it was read', async () => {
      const { key, run, worker, change } = await stoppable(ports());
      await ports().workers.replace({ ...worker, sequence: 1 }, worker);
      expect(await ports().controlLog.accept(entryOf(key), change())).toBe(false);
      expect(await seen(run, worker)).toEqual({ status: 'new', waiting: [1, 2], logged: 0 });
    });

    it('changes and keeps nothing when the run went elsewhere since it was read', async () => {
      const { key, run, worker, change } = await stoppable(ports());
      await ports().runs.replace({ ...run, status: 'failed' }, 'new');
      expect(await ports().controlLog.accept(entryOf(key), change())).toBe(false);
      expect(await seen(run, worker)).toEqual({ status: 'failed', waiting: [1, 2], logged: 0 });
    });

    it('does it without a worker while none is planned', async () => {
      const { key, change } = await stoppable(ports());
      const alone = change({ workers: [] });
      expect(await ports().controlLog.accept(entryOf(key), alone)).toBe(true);
    });

    it('lets one of many racing callers win', async () => {
      const { key, change } = await stoppable(ports());
      const ids = ['aaaa', 'bbbb', 'cccc', 'dddd'];
      const calls = ids.map((id) => ports().controlLog.accept(entryOf(key, { id }), change()));
      expect(count(await Promise.all(calls), true)).toBe(1);
    });

    it('remembers an idempotency key, which accepts nothing else', async () => {
      const { controlLog } = ports();
      const { key, run, change } = await stoppable(ports());
      const entry = entryOf(key);
      expect(await controlLog.findByIdempotencyKey(key, 'k-1')).toBeUndefined();
      await controlLog.accept(entry, change(), 'k-1');
      expect(await controlLog.findByIdempotencyKey(key, 'k-1')).toEqual(entry);
      const stopped: Run = { ...run, status: 'stopped' };
      const again = change({ runs: [{ before: stopped, after: stopped }], workers: [] });
      const other = entryOf(key, { id: 'other', op: 'resume' });
      expect(await controlLog.accept(other, again, 'k-1')).toBe(false);
    });
  });

const adding = (ports: () => Ports) =>
  describe('a control log, adding to a fit', () => {
    it('does it while nothing else was added and the fit goes on', async () => {
      const { controlLog, workers, runs, operations } = ports();
      const { key, change } = await stoppable(ports());
      const experiment = experimentOf(key);
      const fit = fitOf(key, 1);
      await ports().experiments.create(experiment, undefined);
      await operations.start(experiment, fit, {});
      const more = { additions: 1, addedWorkers: 1, takenOverFrom: 2 };
      const addition = change({
        runs: [{ before: undefined, after: runOf(key, 9) }],
        workers: [{ before: undefined, after: workerOf(key, 7) }],
        fit: { before: fit, after: { ...fit, ...more } },
      });
      expect(await controlLog.accept(entryOf(key), addition)).toBe(true);
      expect(await operations.find(fit)).toEqual({ ...fit, ...more });
      expect(await workers.find(workerOf(key, 7))).toEqual(workerOf(key, 7));
      expect(await runs.find(runOf(key, 9))).toEqual(runOf(key, 9));
      const late = change({ fit: addition.fit });
      expect(await controlLog.accept(entryOf(key, { id: 'late' }), late)).toBe(false);
      const stale = { ...fit, usedUpAt: later };
      expect(await operations.replace(stale, 'pending')).toBe(false);
      expect(await operations.replace({ ...stale, ...more }, 'pending')).toBe(true);
      const now = { ...stale, ...more };
      const next = change({ fit: { before: now, after: { ...now, additions: 2 } } });
      expect(await controlLog.accept(entryOf(key, { id: 'over' }), next)).toBe(false);
    });
  });

const listing = (ports: () => Ports) =>
  describe('a control log, listing', () => {
    it('tells ops in the order of their moments, page by page', async () => {
      const { controlLog } = ports();
      const key = newKey();
      const refused = { outcome: 'refused', refusal: 'no-active-fit', detail: 'wait' } as const;
      const last = entryOf(key, { at: later, id: 'aaaa', ...refused });
      const others = ['m', 'a', 'z', 'k'].map((id) => entryOf(key, { id, ...refused }));
      for (const entry of [last, ...others]) await controlLog.refuse(entry);
      await controlLog.refuse(entryOf(newKey(), refused));
      const pages = await allPages((page) => controlLog.list(key, page), 2);
      expect(pages.map((page) => page.map(({ id }) => id))).toEqual([
        ['a', 'k'],
        ['m', 'z'],
        ['aaaa'],
      ]);
      expect(pages.at(-1)).toEqual([last]);
    });
  });
