import { expect, test } from 'vitest';
import type { Experiment } from './experiment.ts';
import type { Operation } from './operation.ts';
import type { Run } from './run.ts';
import { trackedRun } from './tracked-run.ts';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-01T00:01:00.000Z';

const experiment: Experiment = {
  workspace: 'default',
  experiment: 'digits',
  id: 'abcdefghij12',
  requestedName: 'digits',
  status: 'alive',
  mlSpec: { fileName: 'digits.py', sha256: 'f00d' },
  epochCheckpoints: false,
  createdAt: at,
  lastOperation: 2,
  lastRunId: 3,
};

const operation: Operation = {
  workspace: 'default',
  experiment: 'digits',
  operation: 2,
  status: 'running',
  createdAt: at,
  executions: 1,
  additions: 0,
  addedWorkers: 0,
  request: {
    kind: 'fit',
    dataHandleId: 'dh-1',
    seed: 42,
    executor: 'auto',
    maxWorkers: 1,
    chunkTimeoutSeconds: 600,
    configsSha256: '0',
    firstRunId: 1,
    runCount: 3,
  },
};

const run: Run = {
  workspace: 'default',
  experiment: 'digits',
  runId: 3,
  operation: 2,
  dataHandleId: 'dh-1',
  worker: 1,
  config: {
    train: { epochs: 5, optimizer: { name: 'SGD', args: { lr: 0.1, betas: [0.9, 0.99] } } },
    user_knobs: { hub_token: { $secret: 'set-0' }, layers: [], flag: true, none: null },
  },
  status: 'new',
  source: 'initial',
  completedEpochs: 0,
  attempts: 0,
  fruitlessAttempts: 0,
  createdAt: at,
  runtimeSeconds: 0,
};

const shown = (more: Partial<Run> = {}) => trackedRun({ ...run, ...more }, experiment, operation);

test('params are the config, a name for every leaf, without its secrets', () => {
  expect(shown().params).toEqual({
    'train.epochs': '5',
    'train.optimizer.name': 'SGD',
    'train.optimizer.args.lr': '0.1',
    'train.optimizer.args.betas.0': '0.9',
    'train.optimizer.args.betas.1': '0.99',
    'user_knobs.hub_token': '***',
    'user_knobs.layers': '[]',
    'user_knobs.flag': 'true',
    'user_knobs.none': 'null',
  });
});

test('tags tell where a run comes from, and leave out what it has not', () => {
  expect(shown().tags).toEqual({
    'fanfold.experiment': 'digits',
    'fanfold.run_id': '3',
    'fanfold.operation': '2',
    'fanfold.status': 'new',
    'fanfold.source': 'initial',
    'fanfold.ended_by': '',
    'fanfold.data_handle': 'dh-1',
    'fanfold.code_file': 'digits.py',
    'fanfold.code_sha256': 'f00d',
    'fanfold.executor': 'auto',
    'fanfold.seed': '42',
    'fanfold.epochs': '5',
    'fanfold.error': '',
  });
  const clone = shown({ clonedFrom: 1, warmStarted: true, seed: 7, source: 'interactive-control' });
  expect(clone.tags).toMatchObject({
    'fanfold.cloned_from': '1',
    'fanfold.warm_started': 'true',
    'fanfold.seed': '7',
  });
});

test('an experiment that was superseded has runs of other identities', () => {
  const other = trackedRun(run, { ...experiment, id: 'zyxwvutsrq98' }, operation);
  expect(other.experiment).toBe(shown().experiment);
  expect(other.identity).not.toBe(shown().identity);
});

test.each([
  ['new', 'SCHEDULED'],
  ['ongoing', 'RUNNING'],
  ['stopped', 'KILLED'],
  ['completed', 'FINISHED'],
  ['failed', 'FAILED'],
  ['deleted', 'KILLED'],
] as const)('a run that is %s is shown as %s', (status, expected) => {
  expect(shown({ status, startedAt: later })).toMatchObject({
    status: expected,
    startedAt: later,
    isDeleted: status === 'deleted',
  });
});
