import { describe, expect, it } from 'vitest';
import type {
  DataHandleStore,
  ExperimentStore,
  OperationStore,
  RunStore,
} from '../../domain/ports.ts';
import type { Worker } from '../../domain/worker.ts';
import type { JobNoteStore, WorkerStore } from '../../domain/worker-ports.ts';
import { dataHandleOf, experimentOf, fitOf, later, newKey, runOf, workerOf } from './samples.ts';

type Ports = {
  readonly experiments: ExperimentStore;
  readonly operations: OperationStore;
  readonly runs: RunStore;
  readonly workers: WorkerStore;
  readonly dataHandles: DataHandleStore;
  readonly jobNotes: JobNoteStore;
};

const planned = async (ports: Ports) => {
  const { runs, workers } = ports;
  const key = newKey();
  const worker = workerOf(key, 1);
  await workers.createMany([worker]);
  const both = [runOf(key, 1), runOf(key, 2)] as const;
  await runs.createMany(both);
  return { key, worker, first: both[0], second: both[1] };
};

/** What holds of every `WorkerStore`. */
export const workerStoreSuite = (ports: () => Ports) => {
  reading(ports);
  accepting(ports);
  keeping(ports);
  fencing(ports);
};

const reading = (ports: () => Ports) =>
  describe('a worker store, reading', () => {
    it('lists the workers of one operation in order; planning again leaves them as they are', async () => {
      const { workers } = ports();
      const key = newKey();
      const plan = [2, 1, 10].map((n) => workerOf(key, n));
      await workers.createMany(plan);
      await workers.createMany([{ ...workerOf(key, 3), operation: 2 }]);
      await workers.replace({ ...workerOf(key, 2), lease: 1 }, { revision: 0 });
      await workers.createMany(plan);
      const found = await workers.listByOperation(workerOf(key, 1));
      expect(found.map(({ worker, lease }) => [worker, lease])).toEqual([
        [1, 0],
        [2, 1],
        [10, 0],
      ]);
    });

    it('finds a worker with what AWS Batch said of its job, if it said something', async () => {
      const { workers, jobNotes } = ports();
      const { worker } = await planned(ports());
      expect(await workers.findWithNote({ ...worker, worker: 2 })).toBeUndefined();
      expect(await workers.findWithNote(worker)).toEqual({ worker, jobNote: undefined });
      const { workspace, experiment, operation } = worker;
      const which = { workspace, experiment, operation, worker: worker.worker };
      const jobNote = { ...which, jobId: 'job-1', status: 'RUNNING', attempts: 1, at: later };
      await jobNotes.put(jobNote);
      expect(await workers.findWithNote(worker)).toEqual({ worker, jobNote });
    });

    it('reads at once everything a sync is judged by', async () => {
      const { experiments, operations, workers } = ports();
      const { key, worker, first, second } = await planned(ports());
      expect(await workers.findForSync(worker, [])).toBeUndefined();
      const experiment = experimentOf(key);
      await experiments.create(experiment, undefined);
      await operations.start(experiment, fitOf(key, 1), {});
      const context = await workers.findForSync(worker, [2, 1, 77]);
      expect(context).toMatchObject({
        worker,
        operation: fitOf(key, 1),
        experiment: { activeOperation: 1 },
        runs: [second, first],
      });
    });
  });

const accepting = (ports: () => Ports) =>
  describe('a worker store, accepting syncs', () => {
    it('takes in a sync whole', async () => {
      const { runs, workers, dataHandles } = ports();
      const { key, worker, first } = await planned(ports());
      const dataHandle = { ...dataHandleOf(key), status: 'ready' } as const;
      const after = { ...worker, lease: 1, sequence: 1, lastSyncAt: later };
      const accepted = await workers.replaceWith({
        worker: after,
        expected: worker,
        runs: [{ before: first, after: { ...first, status: 'ongoing' } }],
        dataHandle,
      });
      expect(accepted).toEqual({ ...after, revision: 1 });
      expect(await workers.find(worker)).toEqual(accepted);
      expect((await runs.find(first))?.status).toBe('ongoing');
      expect(await dataHandles.find(dataHandle)).toEqual(dataHandle);
    });

    it('changes nothing when a run was stopped since it was read', async () => {
      const { runs, workers } = ports();
      const { worker, first, second } = await planned(ports());
      await runs.replace({ ...second, status: 'stopped' }, 'new');
      const accepted = await workers.replaceWith({
        worker: { ...worker, sequence: 1 },
        expected: worker,
        runs: [first, second].map((run) => ({
          before: run,
          after: { ...run, status: 'ongoing' as const },
        })),
      });
      expect(accepted).toBeUndefined();
      expect((await runs.find(first))?.status).toBe('new');
      expect((await workers.find(worker))?.sequence).toBe(0);
    });

    it('lets either the sync or the steering of a run win, never both', async () => {
      const { runs, workers } = ports();
      const { worker, first } = await planned(ports());
      const [accepted, stopped] = await Promise.all([
        workers.replaceWith({
          worker: { ...worker, sequence: 1 },
          expected: worker,
          runs: [{ before: first, after: { ...first, status: 'ongoing' } }],
        }),
        runs.replace({ ...first, status: 'stopped' }, 'new'),
      ]);
      expect([accepted, stopped].filter(Boolean)).toHaveLength(1);
      expect((await runs.find(first))?.status).toBe(accepted ? 'ongoing' : 'stopped');
    });
  });

const keeping = (ports: () => Ports) =>
  describe('a worker store, keeping', () => {
    it('keeps what a worker told of its inference', async () => {
      const { workers } = ports();
      const { worker } = await planned(ports());
      const inference: Worker['inference'] = {
        status: 'completed',
        progress: { done: 3, of: 3 },
        metrics: { test_loss: 'NaN', zeta: 1, alpha: 2 },
        furthest: 3,
        fruitlessAttempts: 0,
      };
      const told = { ...worker, sequence: 1, inference };
      const kept = await workers.replace(told, worker);
      const found = await workers.find(worker);
      expect(found).toEqual({ ...told, revision: 1 });
      expect(kept).toEqual(found);
      expect(Object.keys(found?.inference?.metrics ?? {})).toEqual(['test_loss', 'zeta', 'alpha']);
    });
  });

const fencing = (ports: () => Ports) =>
  describe('a worker store, fencing', () => {
    it('takes in one of many changes made on the same view of a worker, and none on a stale one', async () => {
      const { workers } = ports();
      const { worker, first } = await planned(ports());
      const sync = (lease: number) =>
        workers.replaceWith({
          worker: { ...worker, lease, sequence: 1 },
          expected: worker,
          runs: [{ before: first, after: first }],
        });
      const accepted = (await Promise.all([1, 2, 3, 4].map(sync))).filter(Boolean);
      expect(accepted).toHaveLength(1);
      expect(await workers.replace({ ...worker, sequence: 2 }, worker)).toBeUndefined();
      expect(await workers.find(worker)).toEqual(accepted[0]);
    });
  });
