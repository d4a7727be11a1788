import { describe, expect, test } from 'vitest';
import { isInEffect } from './control.ts';
import type { Dealing } from './dealing.ts';
import { nothingDealt, recall, takeBack } from './dealing.ts';
import type { ActiveFit, FitRequest } from './operation.ts';
import type { Run } from './run.ts';
import { applyReport, awaitsStart, isKeptForClones } from './run.ts';
import type { Clones } from './steering.ts';
import { clone, remove, resume, stop } from './steering.ts';
import { at, runOf } from './testing/run-of.ts';
import type { Worker } from './worker.ts';
import { newWorker } from './worker.ts';
import type { ControlChange } from './worker-ports.ts';

const now = '2026-01-01T00:01:00.000Z';
const key = { workspace: 'default', experiment: 'e', operation: 1 };

const workerOf = (
  worker: number,
  dealt: Partial<Dealing> = {},
  status: Worker['status'] = 'working',
): Worker => ({
  ...newWorker({ ...key, worker }, []),
  status,
  dealing: { ...nothingDealt([]), ...dealt },
});

const fitOf = (request: Partial<FitRequest> = {}): ActiveFit => ({
  ...key,
  request: {
    kind: 'fit',
    dataHandleId: 'dh-1',
    seed: 7,
    executor: 'single',
    maxWorkers: 4,
    chunkTimeoutSeconds: 60,
    configsSha256: '',
    firstRunId: 1,
    runCount: 9,
    ...request,
  },
  status: 'running',
  createdAt: at,
  executions: 1,
  additions: 0,
  addedWorkers: 0,
});

/** The one run of a change as it is to be, and where its worker has it then. */
const outcome = ({ runs: [run], workers: [worker] }: ControlChange) => {
  if (!run) throw new Error('no run is changed');
  return { run: run.after, dealing: worker?.after.dealing, worker: worker?.after.worker };
};

describe('a stop', () => {
  test('of a run that an engine trains is an order to that engine', () => {
    const run = runOf('ongoing', { rung: 3 });
    const stopped = outcome(stop({ run, worker: workerOf(1, { held: [2, 3] }) }, now));
    expect(stopped.run).toBe(run);
    expect(stopped.dealing).toMatchObject({ held: [2, 3], stopping: [3] });
    expect(isInEffect('stop', stopped.run)).toBe(false);
  });

  test('of a run that nobody trains is done at once, and takes it out of its SHA', () => {
    const atRung = [{ bracket: 0, epoch: 3, runIds: [2, 3] }];
    const places = [{ waiting: [3, 4] }, { atRungs: atRung }, {}];
    for (const place of places) {
      const run = runOf('ongoing', { rung: 3 });
      const stopped = outcome(stop({ run, worker: workerOf(1, place) }, now));
      expect(stopped.run).toMatchObject({
        status: 'stopped',
        endedBy: 'interactive-control',
        endedAt: now,
        rung: undefined,
      });
      expect(isInEffect('stop', stopped.run)).toBe(true);
      const { waiting = [], atRungs = [] } = stopped.dealing ?? {};
      expect([...waiting, ...atRungs.flatMap(({ runIds }) => runIds)]).not.toContain(3);
    }
  });

  test('of a new run is done at once; an engine that was dealt it has to leave it alone', () => {
    const stopped = outcome(stop({ run: runOf('new'), worker: workerOf(1, { held: [3] }) }, now));
    expect(stopped.run.status).toBe('stopped');
    expect(stopped.dealing).toMatchObject({ held: [3], stopping: [3] });
    expect(stop({ run: runOf('new'), worker: undefined }, now).workers).toEqual([]);
  });

  test('is an order until the engine has told of the run, whatever others it tells of', () => {
    const { dealing: ordered } = workerOf(1, { held: [2, 3], stopping: [3] });
    const others = takeBack(ordered, [runOf('completed', { runId: 2 })], []);
    expect(others).toMatchObject({ held: [3], stopping: [3] });
    expect(takeBack(others, [runOf('stopped')], [])).toMatchObject({ held: [], stopping: [] });
  });

  test('outlives the engine that was to heed it', () => {
    const { dealing: ordered } = workerOf(1, { held: [3], stopping: [3], dropping: [2] });
    expect(recall(ordered)).toMatchObject({ waiting: [3], stopping: [3], dropping: [] });
  });
});

describe('a delete', () => {
  test('is done at once, and an engine that holds the run has to let go of it', () => {
    const worker = workerOf(1, { held: [2, 3], stopping: [3] });
    const { run, dealing } = outcome(remove({ run: runOf('ongoing'), worker }, now));
    expect(run).toMatchObject({ status: 'deleted', endedBy: 'interactive-control' });
    expect(dealing).toMatchObject({ held: [2], stopping: [], dropping: [3] });
  });

  test('leaves how a run ended before', () => {
    const run = runOf('completed', { endedBy: 'epochs-completed', endedAt: at });
    const gone = outcome(remove({ run, worker: workerOf(1) }, now));
    expect(gone.run).toMatchObject({
      status: 'deleted',
      endedBy: 'epochs-completed',
      endedAt: at,
    });
    expect(gone.dealing?.dropping).toEqual([]);
  });
});

describe('a resume', () => {
  const stopped = runOf('stopped', { endedBy: 'interactive-control', endedAt: at });
  const resumeAmong = (workers: readonly Worker[], request?: Partial<FitRequest>) =>
    resume(stopped, { fit: fitOf(request), workers, seed: 7 });

  test('lets the run go on ahead of others, and takes an order to stop it back', () => {
    const own = workerOf(1, { waiting: [4], held: [3], stopping: [3] });
    const change = resumeAmong([own], { maxWorkers: 1 });
    const { run, dealing } = outcome(change);
    expect(dealing).toMatchObject({ waiting: [3, 4], held: [], stopping: [] });
    expect(run).toMatchObject({ status: 'ongoing', worker: 1, attempts: 1 });
    expect([run.endedBy, run.endedAt]).toEqual([undefined, undefined]);
    expect(change.fit).toBeUndefined();
  });

  const busy = workerOf(2, { waiting: [7], held: [8] });
  const lessBusy = workerOf(4, { held: [9] });
  const queued = workerOf(5, {}, 'planned');
  const gone = workerOf(1, {}, 'gone');

  test('goes to the run’s own worker where runs take turns, or else to the one with the fewest', () => {
    const own = workerOf(1, { waiting: [5, 6] });
    const turns = { executor: 'interleaved' } as const;
    expect(outcome(resumeAmong([own, busy, lessBusy], turns)).worker).toBe(1);
    const elsewhere = outcome(resumeAmong([gone, busy, queued, lessBusy], turns));
    expect(elsewhere).toMatchObject({ worker: 4, run: { worker: 4, attempts: 2 } });
  });

  test('where runs are trained one by one it goes to a worker without any, or to one that is added', () => {
    const idle = workerOf(3);
    expect(outcome(resumeAmong([gone, busy, idle])).worker).toBe(3);
    const change = resumeAmong([gone, busy, lessBusy]);
    // Nine runs on at most four workers are planned for four, so the next is the fifth.
    expect(change.workers).toMatchObject([
      { before: undefined, after: { worker: 5, status: 'planned', executions: 1 } },
    ]);
    expect(change.workers[0]?.after.dealing.waiting).toEqual([3]);
    expect(change.fit?.after).toMatchObject({ additions: 1, addedWorkers: 1 });
  });

  test('waits for a busy worker when the workspace has no room for one more', () => {
    const full = { maxWorkers: 2 };
    expect(outcome(resumeAmong([gone, busy, lessBusy], full)).worker).toBe(4);
    expect(resumeAmong([gone, busy, lessBusy], full).fit).toBeUndefined();
  });

  test('starts a worker when none is left, whatever the executor', () => {
    for (const executor of ['single', 'auto'] as const) {
      const change = resumeAmong([gone], { executor, maxWorkers: 1 });
      expect(change.workers.map(({ before }) => before)).toEqual([undefined]);
    }
  });

  test('takes a run of an earlier fit over, with the seed that it began with', () => {
    const fit = { ...fitOf({ executor: 'auto' }), operation: 2, takenOverFrom: 5 };
    const change = resume(stopped, { fit, workers: [lessBusy], seed: 1234 });
    expect(outcome(change).run).toMatchObject({ operation: 2, seed: 1234, worker: 4, attempts: 2 });
    expect(change.fit?.after).toMatchObject({ additions: 1, addedWorkers: 0, takenOverFrom: 3 });
    const again = resume(
      { ...outcome(change).run, status: 'stopped' },
      { fit, workers: [], seed: 7 },
    );
    expect(outcome(again).run.seed).toBe(1234);
  });
});

describe('a clone', () => {
  const cloneOf = (parent: Run, worker: Worker | undefined, more: Partial<Clones> = {}) =>
    clone(
      { run: parent, worker },
      {
        fit: fitOf({ executor: 'auto' }),
        workers: worker ? [worker] : [],
        seed: 7,
        configs: [{ a: 1 }, { a: 2 }],
        lastRunId: 9,
        now,
        ...more,
      },
    );
  const newRuns = ({ runs }: ControlChange) =>
    runs.flatMap(({ before, after }) => (before ? [] : [after]));
  const checkpoint = { prefix: 'p/', epoch: 2, chunk: 1 };
  const busy = workerOf(1, { held: [3], waiting: [8] });

  test('takes the next run IDs and waits ahead of others, in order', () => {
    const change = cloneOf(runOf('new'), busy);
    expect(newRuns(change)).toMatchObject([
      { runId: 10, status: 'new', worker: 1, config: { a: 1 }, clonedFrom: 3, warmStarted: false },
      { runId: 11, status: 'new', worker: 1, config: { a: 2 }, source: 'interactive-control' },
    ]);
    expect(change.workers[0]?.after.dealing.waiting).toEqual([10, 11, 8]);
    expect(change.lastRunId).toEqual({ before: 9, after: 11 });
  });

  test('is trained with its parent’s seed and the active fit’s data', () => {
    const fit = { ...fitOf({ executor: 'auto', dataHandleId: 'dh-2' }), operation: 2 };
    const stopped = runOf('stopped', { checkpoint });
    const made = newRuns(cloneOf(stopped, undefined, { fit, warmStart: 'newest', seed: 5 }));
    expect(made[0]).toMatchObject({ seed: 5, operation: 2, dataHandleId: 'dh-2' });
    expect(made[0]?.start).toEqual({ branch: 0, prefix: 'p/', onSameData: false });
  });

  test('of a run that no engine has starts from its checkpoint, which is kept', () => {
    for (const status of ['stopped', 'completed', 'ongoing'] as const) {
      const idle = workerOf(1, { waiting: [3] });
      const change = cloneOf(runOf(status, { checkpoint }), idle, { warmStart: 'newest' });
      const start = { branch: 0, prefix: 'p/', onSameData: true };
      expect(newRuns(change).map((run) => run.start)).toEqual([start, start]);
      expect(change.runs[0]?.after.branches).toEqual({ asked: 1, given: ['p/'] });
      expect(isKeptForClones(change.runs[0]?.after ?? runOf('new'))).toBe(true);
    }
  });

  test('of a run in training waits for the checkpoint that the engine is asked for', () => {
    const parent = runOf('ongoing', { checkpoint, branches: { asked: 1, given: ['q/'] } });
    const change = cloneOf(parent, busy, { warmStart: 'newest' });
    expect(newRuns(change).every(awaitsStart)).toBe(true);
    expect(newRuns(change)[0]?.start).toEqual({ branch: 1, onSameData: true });
    expect(change.workers[0]?.after.dealing).toMatchObject({
      branching: [3],
      waiting: [10, 11, 8],
    });
    const asked = change.runs[0]?.after ?? parent;
    expect(asked.branches).toEqual({ asked: 2, given: ['q/'] });
    const report = { runId: 3, status: 'ongoing', completedEpochs: 2, runtimeSeconds: 0 } as const;
    const told = { ...report, branch: { ...checkpoint, prefix: 'r/' } };
    const after = applyReport(asked, told, { now, stoppedBy: undefined });
    expect(after.branches).toEqual({ asked: 2, given: ['q/', 'r/'] });
    const late = applyReport({ ...asked, status: 'deleted' }, told, { now, stoppedBy: undefined });
    expect(late).toMatchObject({ status: 'deleted', branches: { given: ['q/', 'r/'] } });
  });

  test('of a named epoch starts from that epoch’s checkpoint', () => {
    const warmStart = { runId: 3, epoch: 1, prefix: 'e1/' };
    const change = cloneOf(runOf('ongoing', { checkpoint }), busy, { warmStart });
    expect(newRuns(change)[0]?.start).toEqual({ prefix: 'e1/', onSameData: true });
    expect(change.runs.every(({ before }) => before === undefined)).toBe(true);
  });

  test('cannot start from a run that has no weights: stopped too early, or not trained yet', () => {
    const waiting = workerOf(1, { waiting: [3] });
    const parents: [Run, Worker][] = [
      [runOf('stopped'), busy],
      [runOf('ongoing'), waiting],
      [runOf('ongoing', { startedAt: undefined }), busy],
    ];
    for (const [parent, worker] of parents) {
      expect(() => cloneOf(parent, worker, { warmStart: 'newest' })).toThrow(
        expect.objectContaining({ refusal: 'no-checkpoint' }),
      );
    }
  });

  test('lets a parent that is deleted meanwhile leave its checkpoint first', () => {
    const asked = cloneOf(runOf('ongoing'), busy, { warmStart: 'newest' });
    const worker = asked.workers[0]?.after;
    const { run, dealing } = outcome(remove({ run: runOf('ongoing'), worker }, now));
    expect(run.status).toBe('deleted');
    expect(dealing).toMatchObject({ held: [3], stopping: [3], branching: [3], dropping: [] });
  });
});
