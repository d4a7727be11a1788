import { describe, expect, test } from 'vitest';
import type { ControlOp } from './control.ts';
import {
  checkActiveFit,
  checkLegal,
  controlOps,
  isInEffect,
  remove,
  resume,
  stop,
  workerToResume,
} from './control.ts';
import type { Dealing } from './dealing.ts';
import { nothingDealt, recall, takeBack } from './dealing.ts';
import type { FitRequest, Operation } from './operation.ts';
import type { Run, RunStatus } from './run.ts';
import { runStatuses } from './run.ts';
import type { Worker } from './worker.ts';

const at = '2026-01-01T00:00:00.000Z';
const now = '2026-01-01T00:01:00.000Z';
const key = { workspace: 'default', experiment: 'e' };

const runOf = (status: RunStatus, more: Partial<Run> = {}): Run => ({
  ...key,
  runId: 3,
  operation: 1,
  dataHandleId: 'dh-1',
  worker: 1,
  config: {},
  status,
  source: 'initial',
  completedEpochs: 2,
  attempts: 1,
  fruitlessAttempts: 0,
  createdAt: at,
  startedAt: at,
  runtimeSeconds: 0,
  ...more,
});

const dealing = (more: Partial<Dealing> = {}): Dealing => ({ ...nothingDealt([]), ...more });

const workerOf = (worker: number, more: Partial<Worker> = {}): Worker => ({
  ...key,
  operation: 1,
  worker,
  status: 'working',
  revision: 0,
  dealing: dealing(),
  plannedTokenSha256: '',
  tokenSha256s: [],
  lease: 1,
  sequence: 1,
  runtimeSeconds: 0,
  jobs: 1,
  leaseAtJobStart: 0,
  ...more,
});

const table: Record<ControlOp, readonly RunStatus[]> = {
  stop: ['new', 'ongoing'],
  resume: ['stopped'],
  delete: ['new', 'ongoing', 'stopped', 'completed', 'failed'],
};

describe('an op', () => {
  const cells = controlOps.flatMap((op) => runStatuses.map((status) => ({ op, status })));

  test.each(cells)('$op of a run that is $status is accepted or refused by the table', (cell) => {
    const ask = () => checkLegal(cell.op, { run: runOf(cell.status), dealing: dealing() });
    if (table[cell.op].includes(cell.status)) expect(ask).not.toThrow();
    else expect(ask).toThrow(expect.objectContaining({ refusal: 'illegal-transition' }));
  });

  test('that is refused says from where to where, and what it is for', () => {
    const ask = () => checkLegal('resume', { run: runOf('ongoing'), dealing: dealing() });
    expect(ask).toThrow(
      'run 3 cannot go from ongoing to ongoing: resume is for runs that are stopped',
    );
  });

  test('to stop a run that is being stopped is refused', () => {
    const met = { run: runOf('ongoing'), dealing: dealing({ held: [3], stopping: [3] }) };
    expect(() => checkLegal('stop', met)).toThrow('somebody stopped it before');
  });
});

describe('a stop', () => {
  test('of a run that an engine trains is an order to that engine', () => {
    const met = { run: runOf('ongoing', { rung: 3 }), dealing: dealing({ held: [2, 3] }) };
    const after = stop(met, now);
    expect(after.run).toBe(met.run);
    expect(after.dealing).toMatchObject({ held: [2, 3], stopping: [3] });
    expect(isInEffect('stop', after.run)).toBe(false);
  });

  test('of a run that nobody trains is done at once, and takes it out of its SHA', () => {
    const atRung = [{ bracket: 0, epoch: 3, runIds: [2, 3] }];
    const places = [{ waiting: [3, 4] }, { atRungs: atRung }, {}];
    for (const place of places) {
      const after = stop({ run: runOf('ongoing', { rung: 3 }), dealing: dealing(place) }, now);
      expect(after.run).toMatchObject({
        status: 'stopped',
        endedBy: 'interactive-control',
        endedAt: now,
        rung: undefined,
      });
      expect(isInEffect('stop', after.run)).toBe(true);
      const { waiting = [], atRungs = [] } = after.dealing ?? {};
      expect([...waiting, ...atRungs.flatMap(({ runIds }) => runIds)]).not.toContain(3);
    }
  });

  test('of a new run is done at once; an engine that was dealt it has to leave it alone', () => {
    const after = stop({ run: runOf('new'), dealing: dealing({ held: [3] }) }, now);
    expect(after.run.status).toBe('stopped');
    expect(after.dealing).toMatchObject({ held: [3], stopping: [3] });
    expect(stop({ run: runOf('new'), dealing: undefined }, now).run.status).toBe('stopped');
  });

  test('is an order until the engine has told of the run, whatever others it tells of', () => {
    const ordered = dealing({ held: [2, 3], stopping: [3] });
    const others = takeBack(ordered, [runOf('completed', { runId: 2 })], []);
    expect(others).toMatchObject({ held: [3], stopping: [3] });
    expect(takeBack(others, [runOf('stopped')], [])).toMatchObject({ held: [], stopping: [] });
  });

  test('outlives the engine that was to heed it', () => {
    const ordered = dealing({ held: [3], stopping: [3], dropping: [2] });
    expect(recall(ordered)).toMatchObject({ waiting: [3], stopping: [3], dropping: [] });
  });
});

describe('a delete', () => {
  test('is done at once, and an engine that holds the run has to let go of it', () => {
    const met = { run: runOf('ongoing'), dealing: dealing({ held: [2, 3], stopping: [3] }) };
    const after = remove(met, now);
    expect(after.run).toMatchObject({ status: 'deleted', endedBy: 'interactive-control' });
    expect(after.dealing).toMatchObject({ held: [2], stopping: [], dropping: [3] });
  });

  test('leaves how a run ended before', () => {
    const { run, dealing: left } = remove(
      { run: runOf('completed', { endedBy: 'epochs-completed', endedAt: at }), dealing: dealing() },
      now,
    );
    expect(run).toMatchObject({ status: 'deleted', endedBy: 'epochs-completed', endedAt: at });
    expect(left?.dropping).toEqual([]);
  });
});

describe('a resume', () => {
  const stopped = runOf('stopped', { endedBy: 'interactive-control', endedAt: at });

  test('lets the run go on ahead of others, and takes an order to stop it back', () => {
    const worker = workerOf(1, { dealing: dealing({ waiting: [4], held: [3], stopping: [3] }) });
    const after = resume(stopped, worker);
    expect(after.dealing).toMatchObject({ waiting: [3, 4], held: [], stopping: [] });
    expect(after.run).toMatchObject({ status: 'ongoing', worker: 1, attempts: 1 });
    expect([after.run.endedBy, after.run.endedAt]).toEqual([undefined, undefined]);
  });

  test('goes to the run’s own worker, or when that is gone to the living one with the fewest runs', () => {
    const own = workerOf(1, { dealing: dealing({ waiting: [5, 6] }) });
    const busy = workerOf(2, { dealing: dealing({ waiting: [7], held: [8] }) });
    const idle = workerOf(4, { dealing: dealing({ held: [9] }) });
    expect(workerToResume(stopped, [own, busy, idle])).toBe(own);
    const gone = workerOf(1, { status: 'gone' });
    expect(workerToResume(stopped, [gone, busy, idle])).toBe(idle);
    expect(resume(stopped, idle).run).toMatchObject({ worker: 4, attempts: 2 });
  });

  test('is refused with what to do when no worker is left', () => {
    expect(() => workerToResume(stopped, [workerOf(1, { status: 'gone' })])).toThrow(
      expect.objectContaining({
        refusal: 'no-active-fit',
        message: expect.stringContaining('run_fit its config again'),
      }),
    );
  });
});

describe('without a fit that could heed it an op is refused:', () => {
  const request: FitRequest = {
    kind: 'fit',
    dataHandleId: 'dh-1',
    seed: 1,
    executor: 'single',
    chunkTimeoutSeconds: 60,
    configsSha256: '',
    firstRunId: 1,
    runCount: 3,
  };
  const fit: Operation = {
    ...key,
    operation: 1,
    request,
    status: 'running',
    createdAt: at,
    executions: 1,
  };
  const download: Operation = { ...fit, request: { kind: 'download', dataHandleId: 'dh-1' } };

  test.each<[string, Operation | undefined]>([
    ['nothing is active', undefined],
    ['a download is', download],
    ['the fit is over', { ...fit, status: 'completed' }],
    ['the fit is being cancelled', { ...fit, status: 'cancelling' }],
    ['the budget is used up', { ...fit, usedUpAt: at }],
  ])('%s', (_, active) => {
    for (const op of controlOps) {
      expect(() => checkActiveFit(op, runOf('stopped'), active)).toThrow(
        expect.objectContaining({ refusal: 'no-active-fit' }),
      );
    }
  });

  test('a run of an earlier fit can be deleted, not resumed', () => {
    const active = { ...fit, operation: 2 };
    expect(() => checkActiveFit('delete', runOf('stopped'), active)).not.toThrow();
    expect(() => checkActiveFit('resume', runOf('stopped'), active)).toThrow(
      'run 3 belongs to fit 1, which is over; run_fit its config again',
    );
  });
});
