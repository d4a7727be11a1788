import type { Caller } from '../../domain/caller.ts';
import type { DataHandle } from '../../domain/data-handle.ts';
import { nothingDealt } from '../../domain/dealing.ts';
import type { Experiment, ExperimentKey } from '../../domain/experiment.ts';
import type { Operation } from '../../domain/operation.ts';
import type { Page, PageRequest } from '../../domain/ports.ts';
import type { Run } from '../../domain/run.ts';
import type { Worker } from '../../domain/worker.ts';

/* Plausible values for tests, each in a workspace of its own. */

export const now = '2026-01-02T03:04:05.678Z';
export const later = '2026-01-02T03:05:06.789Z';

export const somebody: Caller = {
  id: 'abcdefghij12',
  label: 'somebody',
  role: 'operator',
  workspaces: ['*'],
  callsPerMinute: 100,
};

let workspaces = 0;
export const newWorkspace = (): string => {
  workspaces += 1;
  return `team-${workspaces}`;
};

export const newKey = (): ExperimentKey => ({ workspace: newWorkspace(), experiment: 'digits' });

export const experimentOf = ({ workspace, experiment }: ExperimentKey): Experiment => ({
  workspace,
  experiment,
  id: 'abcdefghij12',
  requestedName: experiment,
  status: 'alive',
  mlSpec: { fileName: 'spec.py', sha256: 'ab'.repeat(32) },
  epochCheckpoints: false,
  createdAt: now,
  lastOperation: 0,
  lastRunId: 0,
});

export const fitOf = (
  { workspace, experiment }: ExperimentKey,
  operation: number,
  runCount = 3,
): Operation => ({
  workspace,
  experiment,
  operation,
  request: {
    kind: 'fit',
    dataHandleId: 'd1',
    seed: 1,
    executor: 'single',
    maxWorkers: 2,
    chunkTimeoutSeconds: 60,
    configsSha256: 'c0ff',
    firstRunId: 1,
    runCount,
  },
  status: 'pending',
  createdAt: now,
  executions: 1,
  additions: 0,
  addedWorkers: 0,
});

/** A prediction with a model of the user's. */
export const predictionOf = (key: ExperimentKey, operation: number): Operation => ({
  ...fitOf(key, operation),
  request: {
    kind: 'predict',
    dataHandleId: 'd1',
    batchSize: 64,
    model: { kind: 'tag', uri: 's3://models/best.pt', config: { user_knobs: { 'z-1': 1e-7 } } },
  },
});

export const runOf = ({ workspace, experiment }: ExperimentKey, runId: number): Run => ({
  workspace,
  experiment,
  runId,
  operation: 1,
  dataHandleId: 'd1',
  worker: 1,
  config: { lr: 0.1 },
  status: 'new',
  source: 'initial',
  completedEpochs: 0,
  attempts: 0,
  fruitlessAttempts: 0,
  createdAt: now,
  runtimeSeconds: 0,
});

export const workerOf = ({ workspace, experiment }: ExperimentKey, worker: number): Worker => ({
  workspace,
  experiment,
  operation: 1,
  worker,
  status: 'planned',
  revision: 0,
  dealing: nothingDealt([1, 2]),
  plannedTokenSha256: 'cd'.repeat(32),
  tokenSha256s: [],
  lease: 0,
  sequence: 0,
  runtimeSeconds: 0,
  jobs: 1,
  leaseAtJobStart: 0,
});

export const dataHandleOf = ({ workspace, experiment }: ExperimentKey): DataHandle => ({
  workspace,
  experiment,
  dataHandleId: 'd1',
  spec: { locators: { train: 's3://data/train.csv' }, downloadColumns: [], fraction: 1, seed: 0 },
  status: 'downloading',
  createdAt: now,
});

/** Everything a list gives, page by page. */
export const allPages = async <T>(
  list: (page: PageRequest) => Promise<Page<T>>,
  limit: number,
): Promise<readonly (readonly T[])[]> => {
  const pages: (readonly T[])[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit, cursor });
    pages.push(page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return pages;
};

/** How many of the outcomes equal the one looked for. */
export const count = <T>(outcomes: readonly T[], wanted: T): number =>
  outcomes.filter((outcome) => outcome === wanted).length;
