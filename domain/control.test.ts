import { describe, expect, test } from 'vitest';
import type { ControlOp } from './control.ts';
import { checkActiveFit, checkLegal, controlOps } from './control.ts';
import { nothingDealt } from './dealing.ts';
import type { FitRequest, Operation } from './operation.ts';
import type { RunStatus } from './run.ts';
import { runStatuses } from './run.ts';
import { at, runOf } from './testing/run-of.ts';

const key = { workspace: 'default', experiment: 'e' };

const table: Record<ControlOp, readonly RunStatus[]> = {
  stop: ['new', 'ongoing'],
  resume: ['stopped'],
  clone: ['new', 'ongoing', 'stopped', 'completed', 'failed'],
  extend: ['completed'],
  delete: ['new', 'ongoing', 'stopped', 'completed', 'failed'],
};

describe('an op', () => {
  const cells = controlOps.flatMap((op) => runStatuses.map((status) => ({ op, status })));

  test.each(cells)('$op of a run that is $status is accepted or refused by the table', (cell) => {
    const ask = () => checkLegal(cell.op, runOf(cell.status), undefined);
    if (table[cell.op].includes(cell.status)) expect(ask).not.toThrow();
    else expect(ask).toThrow(expect.objectContaining({ refusal: 'illegal-transition' }));
  });

  test('that is refused says from where to where, and what it is for', () => {
    const ask = () => checkLegal('resume', runOf('ongoing'), undefined);
    expect(ask).toThrow(
      'run 3 is ongoing and cannot go to ongoing: resume is for runs that are stopped',
    );
  });

  test('to stop a run that is being stopped is refused', () => {
    const stopping = { ...nothingDealt([]), held: [3], stopping: [3] };
    expect(() => checkLegal('stop', runOf('ongoing'), stopping)).toThrow(
      'somebody stopped it before',
    );
  });
});

describe('without a fit that could heed it an op is refused:', () => {
  const request: FitRequest = {
    kind: 'fit',
    dataHandleId: 'dh-1',
    seed: 1,
    executor: 'single',
    maxWorkers: 2,
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
    additions: 0,
    addedWorkers: 0,
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

  test('a run of an earlier fit is resumed while one on the same data is active', () => {
    const active = { ...fit, operation: 2 };
    expect(() => checkActiveFit('resume', runOf('stopped'), active)).not.toThrow();
    const other = runOf('stopped', { dataHandleId: 'dh-2' });
    expect(() => checkActiveFit('delete', other, active)).not.toThrow();
    expect(() => checkActiveFit('resume', other, active)).toThrow(
      'run 3 is trained on data handle dh-2 and the active fit 2 on dh-1',
    );
  });
});
