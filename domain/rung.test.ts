import { describe, expect, test } from 'vitest';
import type { Run, RunStatus } from './run.ts';
import { applyReport, cutShort, fail, runStatuses } from './run.ts';
import { isAwaited, passRung, type Rung, standsAtRung } from './rung.ts';

const at = '2026-01-01T00:00:00.000Z';

const run: Run = {
  workspace: 'default',
  experiment: 'e',
  runId: 5,
  operation: 1,
  dataHandleId: 'dh-1',
  worker: 1,
  config: {},
  status: 'ongoing',
  source: 'sha',
  completedEpochs: 1,
  checkpoint: { prefix: 'p/', epoch: 1, chunk: 0 },
  rung: 1,
  attempts: 1,
  fruitlessAttempts: 0,
  createdAt: at,
  runtimeSeconds: 0,
};

const rung: Rung = {
  workspace: 'default',
  experiment: 'e',
  operation: 1,
  bracket: 0,
  epoch: 1,
  promoted: [],
  lacking: [],
  decidedAt: at,
};
const halving = { metric: 'val_loss', mode: 'min', eta: 3, minEpochs: 1, maxEpochs: 9 } as const;
const how = { halving, now: at };

describe('a run at its rung', () => {
  test('stands there once the checkpoint it goes on from is published', () => {
    expect(standsAtRung(run)).toBe(true);
    expect(standsAtRung({ ...run, checkpoint: undefined })).toBe(false);
    const before = { prefix: 'p/', epoch: 0, chunk: 3 };
    expect(standsAtRung({ ...run, checkpoint: before })).toBe(false);
    expect(standsAtRung({ ...run, rung: undefined })).toBe(false);
  });

  test('is not waited for; one that is on its way there, or not past an earlier one, is', () => {
    expect(isAwaited(run, 1)).toBe(false);
    expect(isAwaited({ ...run, checkpoint: undefined }, 1)).toBe(true);
    expect(isAwaited({ ...run, status: 'new', checkpoint: undefined }, 1)).toBe(true);
    expect(isAwaited(run, 3)).toBe(true);
  });

  test.each(runStatuses.filter((status) => !['new', 'ongoing'].includes(status)))(
    'takes no part any more when it is %s',
    (status: RunStatus) => {
      const over = { ...run, status };
      expect(standsAtRung(over)).toBe(false);
      expect(isAwaited(over, 1)).toBe(false);
      expect(passRung(over, { ...rung, promoted: [5] }, how)).toBe(over);
    },
  );

  test('goes on to the next rung, and from the last one to its end', () => {
    const promoted = { ...rung, promoted: [5] };
    expect(passRung(run, promoted, how)).toEqual({ ...run, rung: 3 });
    const third = { ...run, rung: 3 };
    expect(passRung(third, { ...promoted, epoch: 3 }, how)).toEqual({ ...run, rung: undefined });
  });

  test('is stopped by SHA when it is not among those that go on, and keeps its checkpoint', () => {
    expect(passRung(run, { ...rung, promoted: [4] }, how)).toMatchObject({
      status: 'stopped',
      endedBy: 'sha',
      endedAt: at,
      checkpoint: run.checkpoint,
      rung: undefined,
    });
  });

  test('fails when its results lack the metric', () => {
    const failed = passRung(run, { ...rung, lacking: [5] }, how);
    expect(failed).toMatchObject({ status: 'failed', endedBy: 'error' });
    expect(failed.error?.message).toContain('SHA decides by val_loss');
  });

  test('leaves a rung once', () => {
    const on = passRung(run, { ...rung, promoted: [5] }, how);
    expect(passRung(on, { ...rung, promoted: [] }, how)).toBe(on);
  });
});

test('a run that ends in any way takes no part in its SHA any more, so that a resumed one is left alone', () => {
  const report = { runId: 5, completedEpochs: 1, runtimeSeconds: 0 };
  const told = { now: at, stoppedBy: 'interactive-control' } as const;
  expect(applyReport(run, { ...report, status: 'stopped' }, told).rung).toBeUndefined();
  expect(applyReport(run, { ...report, status: 'ongoing' }, told).rung).toBe(1);
  expect(cutShort(run, 'budget', at).rung).toBeUndefined();
  expect(fail(run, { message: 'no' }, at).rung).toBeUndefined();
});
