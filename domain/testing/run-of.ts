import type { Run, RunStatus } from '../run.ts';

/** When the runs of tests began. */
export const at = '2026-01-01T00:00:00.000Z';

/** The third run of an experiment's first fit. */
export const runOf = (status: RunStatus, more: Partial<Run> = {}): Run => ({
  workspace: 'default',
  experiment: 'e',
  operation: 1,
  runId: 3,
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
