import { describe, expect, it } from 'vitest';
import type { DataHandleStore, ExperimentStore, OperationStore } from '../../domain/ports.ts';
import {
  allPages,
  count,
  dataHandleOf,
  experimentOf,
  fitOf,
  later,
  newKey,
  predictionOf,
} from './samples.ts';

type Ports = {
  readonly experiments: ExperimentStore;
  readonly operations: OperationStore;
  readonly dataHandles: DataHandleStore;
};

const alive = async (ports: Ports) => {
  const experiment = experimentOf(newKey());
  await ports.experiments.create(experiment, undefined);
  return experiment;
};

/** What holds of every `OperationStore`. */
export const operationStoreSuite = (ports: () => Ports) => {
  starting(ports);
  goingOn(ports);
  finishing(ports);
  keeping(ports);
  ending(ports);
};

const starting = (ports: () => Ports) =>
  describe('an operation store, starting', () => {
    it('takes the active place, the number and the run IDs when it starts', async () => {
      const { experiments, operations, dataHandles } = ports();
      const experiment = await alive(ports());
      const fit = fitOf(experiment, 1, 5);
      const dataHandle = dataHandleOf(experiment);
      expect(await operations.start(experiment, fit, { dataHandle })).toBe(true);
      expect(await operations.find(fit)).toEqual(fit);
      expect(await dataHandles.find(dataHandle)).toEqual(dataHandle);
      expect(await experiments.find(experiment)).toEqual({
        ...experiment,
        activeOperation: 1,
        lastOperation: 1,
        lastRunId: 5,
      });
    });

    it('starts one of many that race', async () => {
      const { operations } = ports();
      const experiment = await alive(ports());
      const starts = await Promise.all(
        [1, 2, 3, 4, 5, 6].map(() => operations.start(experiment, fitOf(experiment, 1), {})),
      );
      expect(count(starts, true)).toBe(1);
    });

    it('does not start in an experiment that was superseded since it was read', async () => {
      const { experiments, operations } = ports();
      const experiment = await alive(ports());
      await experiments.create({ ...experiment, experiment: 'newer' }, experiment);
      expect(await operations.start(experiment, fitOf(experiment, 1), {})).toBe(false);
      expect(await operations.find(fitOf(experiment, 1))).toBeUndefined();
    });
  });

const goingOn = (ports: () => Ports) =>
  describe('an operation store, going on', () => {
    it('tells an operation again by its idempotency key, and takes no key twice', async () => {
      const { experiments, operations } = ports();
      const experiment = await alive(ports());
      const mark = { key: 'k-1', requestSha256: 'ef'.repeat(32) };
      const fit = fitOf(experiment, 1);
      await operations.start(experiment, fit, { mark });
      expect(await operations.findByIdempotencyKey(experiment, 'k-1')).toEqual({
        operation: fit,
        requestSha256: mark.requestSha256,
      });
      expect(await operations.findByIdempotencyKey(experiment, 'k-2')).toBeUndefined();
      await operations.finish({ ...fit, status: 'completed', endedAt: later }, 'pending');
      const read = (await experiments.find(experiment)) ?? experiment;
      expect(await operations.start(read, fitOf(experiment, 2), { mark })).toBe(false);
      expect(await operations.start(read, fitOf(experiment, 2), {})).toBe(true);
    });

    it('notes how far an operation is until it is over', async () => {
      const { operations } = ports();
      const experiment = await alive(ports());
      const fit = fitOf(experiment, 1);
      await operations.start(experiment, fit, {});
      const progress = { done: 1, of: 3 };
      await operations.setProgress(fit, progress);
      expect(await operations.find(fit)).toEqual({ ...fit, progress });
      const over = { ...fit, progress, status: 'completed', endedAt: later } as const;
      await operations.finish(over, 'pending');
      await operations.setProgress(fit, { done: 2, of: 3 });
      expect(await operations.find(fit)).toEqual(over);
    });

    it('notes that somebody looks at an operation until it is over', async () => {
      const { operations } = ports();
      const experiment = await alive(ports());
      const fit = fitOf(experiment, 1);
      await operations.start(experiment, fit, {});
      await operations.setWatched(fit, later);
      const watched = { ...fit, watchedAt: later };
      expect(await operations.find(fit)).toEqual(watched);
      const over = { ...watched, status: 'completed', endedAt: later } as const;
      await operations.finish(over, 'pending');
      await operations.setWatched(fit, '2030-01-01T00:00:00.000Z');
      expect(await operations.find(fit)).toEqual(over);
    });

    it('replaces an operation whose status is still the expected one', async () => {
      const { operations } = ports();
      const experiment = await alive(ports());
      const fit = fitOf(experiment, 1);
      await operations.start(experiment, fit, {});
      expect(await operations.replace({ ...fit, status: 'running' }, 'pending')).toBe(true);
      expect(await operations.replace({ ...fit, status: 'cancelling' }, 'pending')).toBe(false);
      expect((await operations.find(fit))?.status).toBe('running');
    });
  });

const finishing = (ports: () => Ports) =>
  describe('an operation store, finishing', () => {
    it('does not finish an operation that is being cancelled as if it were not', async () => {
      const { experiments, operations } = ports();
      const experiment = await alive(ports());
      const fit = fitOf(experiment, 1);
      await operations.start(experiment, fit, {});
      await operations.replace({ ...fit, status: 'cancelling' }, 'pending');
      const over = { ...fit, status: 'completed', endedAt: later } as const;
      expect(await operations.finish(over, 'pending', { endExperiment: true })).toBe(false);
      expect((await operations.find(fit))?.status).toBe('cancelling');
      expect((await experiments.find(experiment))?.activeOperation).toBe(1);
    });

    it('frees the active place at the end, however often it is told', async () => {
      const { experiments, operations } = ports();
      const experiment = await alive(ports());
      const fit = fitOf(experiment, 1);
      await operations.start(experiment, fit, {});
      const over = { ...fit, status: 'completed', endedAt: later } as const;
      const ends = await Promise.all([1, 2, 3].map(() => operations.finish(over, 'pending')));
      expect(ends).toEqual([true, true, true]);
      expect(await operations.find(fit)).toEqual(over);
      expect((await experiments.find(experiment))?.activeOperation).toBeUndefined();
      expect(await operations.replace({ ...fit, status: 'running' }, 'pending')).toBe(false);
    });
  });

const keeping = (ports: () => Ports) =>
  describe('an operation store, keeping', () => {
    it('keeps what a prediction was asked and what came of it', async () => {
      const { experiments, operations } = ports();
      const experiment = await alive(ports());
      const prediction = predictionOf(experiment, 1);
      await operations.start(experiment, prediction, {});
      expect(await operations.find(prediction)).toEqual(prediction);
      expect((await experiments.find(experiment))?.lastRunId).toBe(0);
      const over = {
        ...prediction,
        status: 'failed',
        endedAt: later,
        predictions: { fileName: 'p.csv', uri: 's3://b/p.csv', rows: 1, columns: ['id', 'z', 'a'] },
        metrics: { test_loss: 0.5 },
        error: 'no',
        errorType: 'invalid-model-tag',
        traceback: 'Traceback …',
      } as const;
      expect(await operations.finish(over, 'pending')).toBe(true);
      expect(await operations.find(prediction)).toEqual(over);
    });
  });

const ending = (ports: () => Ports) =>
  describe('an operation store, ending and listing', () => {
    it('ends the experiment with its last operation', async () => {
      const { experiments, operations } = ports();
      const experiment = await alive(ports());
      const fit = fitOf(experiment, 1);
      await operations.start(experiment, fit, {});
      const over = { ...fit, status: 'completed', endedAt: later } as const;
      expect(await operations.finish(over, 'pending', { endExperiment: true })).toBe(true);
      expect(await operations.finish(over, 'pending', { endExperiment: true })).toBe(true);
      expect(await experiments.find(experiment)).toMatchObject({
        endedBy: 'ended',
        endedAt: later,
      });
      expect(await experiments.findAlive(experiment.workspace)).toBeUndefined();
    });

    it('leaves a superseded experiment as it ended, and its successor alive', async () => {
      const { experiments, operations } = ports();
      const experiment = await alive(ports());
      const fit = fitOf(experiment, 1);
      await operations.start(experiment, fit, {});
      await experiments.create({ ...experiment, experiment: 'newer' }, experiment);
      const over = { ...fit, status: 'completed', endedAt: later } as const;
      expect(await operations.finish(over, 'pending', { endExperiment: true })).toBe(false);
      expect(await operations.find(fit)).toEqual(fit);
      const cancelled = { ...over, status: 'cancelled' } as const;
      expect(await operations.finish(cancelled, 'pending')).toBe(true);
      expect((await experiments.find(experiment))?.endedBy).toBe('superseded');
      expect((await experiments.findAlive(experiment.workspace))?.experiment).toBe('newer');
    });

    it('lists an experiment’s operations by number, and all active ones', async () => {
      const { experiments, operations } = ports();
      const experiment = await alive(ports());
      let read = experiment;
      for (const number of [1, 2, 3]) {
        const fit = fitOf(experiment, number);
        await operations.start(read, fit, {});
        if (number < 3)
          await operations.finish({ ...fit, status: 'completed', endedAt: later }, 'pending');
        read = (await experiments.find(experiment)) ?? read;
      }
      const pages = await allPages((page) => operations.list(experiment, page), 2);
      expect(pages.map((page) => page.map(({ operation }) => operation))).toEqual([[1, 2], [3]]);
      const active = (await allPages((page) => operations.listActive(page), 2)).flat();
      const own = active.filter(({ workspace }) => workspace === experiment.workspace);
      expect(own).toEqual([fitOf(experiment, 3)]);
      expect(new Set(active.map(({ workspace }) => workspace)).size).toBe(active.length);
    });
  });
