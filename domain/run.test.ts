import { describe, expect, test } from 'vitest';
import type { Run, RunError, RunReport, RunStatus } from './run.ts';
import {
  applyReport,
  cutShort,
  dealtTogether,
  fail,
  interrupt,
  loseWorker,
  maxFruitlessAttempts,
  runStatuses,
  sharedDataError,
} from './run.ts';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-01T00:01:00.000Z';

const run: Run = {
  workspace: 'default',
  experiment: 'e',
  runId: 1,
  operation: 1,
  dataHandleId: 'dh-1',
  worker: 1,
  config: {},
  status: 'new',
  source: 'initial',
  completedEpochs: 0,
  attempts: 0,
  fruitlessAttempts: 0,
  createdAt: at,
  runtimeSeconds: 0,
};

const report = (of: Partial<RunReport>): RunReport => ({
  runId: 1,
  status: 'ongoing',
  completedEpochs: 0,
  runtimeSeconds: 1,
  ...of,
});

const told = { now: later, stoppedBy: 'interactive-control' } as const;

describe('a report', () => {
  test('makes a new run ongoing and counts its first attempt', () => {
    const after = applyReport(run, report({}), told);
    expect(after).toMatchObject({ status: 'ongoing', attempts: 1, startedAt: later });
    expect(after.endedAt).toBeUndefined();
  });

  test('may be the first and the last one of a small run', () => {
    const after = applyReport(run, report({ status: 'completed', completedEpochs: 3 }), told);
    expect(after).toMatchObject({
      status: 'completed',
      endedBy: 'epochs-completed',
      completedEpochs: 3,
      startedAt: later,
      endedAt: later,
      runtimeSeconds: 1,
    });
  });

  test('of an error of any length leaves no more than a run has room for', () => {
    const error = { message: 'm'.repeat(1e6), traceback: 't'.repeat(1e6) };
    const after = applyReport(run, report({ status: 'failed', error }), told);
    expect(JSON.stringify(after).length).toBeLessThan(50_000);
  });

  test('says a stopped run was stopped by what its operation says', () => {
    const after = applyReport(run, report({ status: 'stopped' }), {
      now: later,
      stoppedBy: 'cancelled',
    });
    expect(after).toMatchObject({ status: 'stopped', endedBy: 'cancelled' });
  });

  test('that a run was stopped, by an order that was taken back meanwhile, leaves it ongoing', () => {
    const ongoing: Run = { ...run, status: 'ongoing', rung: 3 };
    const after = applyReport(ongoing, report({ status: 'stopped' }), {
      now: later,
      stoppedBy: undefined,
    });
    expect(after).toMatchObject({ status: 'ongoing', rung: 3 });
    expect([after.endedBy, after.endedAt]).toEqual([undefined, undefined]);
  });

  test('keeps the traceback of a failed run', () => {
    const error = { message: 'ValueError: no', traceback: 'Traceback …' };
    const after = applyReport(run, report({ status: 'failed', error }), told);
    expect(after).toMatchObject({ status: 'failed', endedBy: 'error', error });
  });

  test.each(['stopped', 'completed', 'failed', 'deleted'] as const)(
    'changes nothing of a run that is %s',
    (status) => {
      const over: Run = { ...run, status };
      expect(applyReport(over, report({ completedEpochs: 9 }), told)).toBe(over);
    },
  );

  test('never takes finished epochs back when a lost worker’s run starts over', () => {
    const ongoing: Run = { ...run, status: 'ongoing', completedEpochs: 4 };
    expect(applyReport(ongoing, report({ completedEpochs: 1 }), told).completedEpochs).toBe(4);
  });
});

describe('a lost worker', () => {
  const ongoing: Run = { ...run, status: 'ongoing', attempts: 1 };

  test('leaves the run ongoing, with one more attempt', () => {
    expect(loseWorker(ongoing, 'host lost', later)).toMatchObject({
      status: 'ongoing',
      attempts: 2,
    });
  });

  test('does not touch a run it had not begun', () => {
    expect(loseWorker(run, 'host lost', later)).toBe(run);
  });

  test('fails the run when it is lost too often without getting further', () => {
    let lost = ongoing;
    for (let i = 0; i < maxFruitlessAttempts; i++) lost = loseWorker(lost, 'exit code 3', later);
    expect(lost).toMatchObject({ status: 'failed', endedBy: 'error' });
    expect(lost.error?.message).toContain('exit code 3');
  });

  test('is no fault of the run when its machine was taken away, however often', () => {
    let moved = loseWorker(ongoing, 'exit code 3', later);
    for (let i = 0; i < maxFruitlessAttempts; i++) moved = interrupt(moved);
    expect(moved).toMatchObject({ status: 'ongoing', interruptions: 3, fruitlessAttempts: 1 });
    expect(interrupt(run)).toBe(run);
  });

  test('is forgiven when the run gets further, by an epoch or by a checkpoint', () => {
    const lost = loseWorker(loseWorker(ongoing, 'x', later), 'x', later);
    const byEpoch = applyReport(lost, report({ completedEpochs: 1 }), told);
    const checkpoint = { prefix: 'p/', epoch: 0, chunk: 1 };
    const byCheckpoint = applyReport(lost, report({ checkpoint }), told);
    expect([byEpoch.fruitlessAttempts, byCheckpoint.fruitlessAttempts]).toEqual([0, 0]);
  });
});

describe('runs that wait', () => {
  const lost = (fruitlessAttempts: number) => ({ ...run, fruitlessAttempts });

  test('are dealt together up to one whose next loss would be its last', () => {
    const waiting = [lost(0), lost(1), lost(maxFruitlessAttempts - 1), lost(0)];
    expect(dealtTogether(waiting)).toEqual(waiting.slice(0, 2));
    expect(dealtTogether(waiting.slice(2))).toEqual(waiting.slice(2, 3));
  });

  test('are all dealt when none of them is suspected', () => {
    expect(dealtTogether([lost(0), lost(1)])).toHaveLength(2);
    expect(dealtTogether([])).toEqual([]);
  });
});

test('the data are at fault in a fit only when every run says so, and in the same way', () => {
  const failed = (error?: RunError): Run => ({ ...run, status: 'failed', error });
  const changed = { message: 's3://b/t.csv changed', errorType: 'data-changed' } as const;
  expect(sharedDataError([failed(changed), failed(changed)])).toBe(changed);
  const others: (RunError | undefined)[] = [
    undefined,
    { message: 'it raised', traceback: 'Traceback' },
    { message: 'no room', errorType: 'data-too-large' },
  ];
  for (const other of others) {
    expect(sharedDataError([failed(changed), failed(other)])).toBeUndefined();
    expect(sharedDataError([failed(other), failed(changed)])).toBeUndefined();
  }
  expect(sharedDataError([])).toBeUndefined();
});

test('a cut short run keeps its checkpoint, and a run that is over cannot be cut short or fail', () => {
  const checkpoint = { prefix: 'p/', epoch: 1, chunk: 0 };
  const cut = cutShort({ ...run, status: 'ongoing', checkpoint }, 'cancelled', later);
  expect(cut).toMatchObject({ status: 'stopped', endedBy: 'cancelled', checkpoint });
  expect(cutShort(cut, 'superseded', later)).toBe(cut);
  expect(fail(cut, { message: 'no' }, later)).toBe(cut);
});

test('what was measured of the GPU adds up over reports', () => {
  const gpu = { seconds: 2, busySeconds: 1, peakMemoryBytes: 100 };
  const once = applyReport(run, report({ gpu }), told);
  expect(once.gpu).toEqual(gpu);
  expect(applyReport(once, report({}), told).gpu).toEqual(gpu);
  expect(applyReport(once, report({ gpu }), told).gpu).toMatchObject({
    seconds: 4,
    busySeconds: 2,
  });
});

test('what its time went into adds up over reports', () => {
  const timeUse = {
    examples: 64,
    trainingSeconds: 1,
    loadingSeconds: 0.5,
    swappingSeconds: 0,
    checkpointingSeconds: 0.25,
  };
  const once = applyReport(run, report({ timeUse }), told);
  expect(once.timeUse).toEqual(timeUse);
  expect(applyReport(once, report({}), told).timeUse).toEqual(timeUse);
  expect(applyReport(once, report({ timeUse }), told).timeUse).toMatchObject({
    examples: 128,
    checkpointingSeconds: 0.5,
  });
});

/** Contract §7; a small run may be ongoing and completed between two reports. */
const mayGoTo: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  new: ['ongoing', 'stopped', 'deleted', 'failed', 'completed'],
  ongoing: ['stopped', 'deleted', 'completed', 'failed'],
  stopped: ['ongoing', 'deleted'],
  completed: ['deleted'],
  failed: ['deleted'],
  deleted: [],
};

test.each(runStatuses)('a run that is %s goes only where it may', (status) => {
  const before: Run = { ...run, status, fruitlessAttempts: maxFruitlessAttempts };
  const reported = (['ongoing', 'stopped', 'completed', 'failed'] as const).map((of) =>
    applyReport(before, report({ status: of }), told),
  );
  const after = [
    ...reported,
    loseWorker(before, 'host lost', later),
    cutShort(before, 'cancelled', later),
    fail(before, { message: 'no' }, later),
  ];
  for (const { status: reached } of after) expect([status, ...mayGoTo[status]]).toContain(reached);
});
