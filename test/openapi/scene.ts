import { stopRun } from '../../contract/control-routes.ts';
import { putSchedule } from '../../contract/schedule-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { experiment, modelUserOf, tables } from '../e2e/inference-scene.ts';
import {
  config,
  freshStack,
  giveToken,
  type RunningJob,
  removeStack,
  runningJobs,
  specSource,
  userOf,
} from '../e2e/scene.ts';

/* A stack with something of everything, so that calls meet more than "there is no such thing". */

type Values = Readonly<Record<string, unknown>>;

/** What there is to name; `known_values.py` names it in every other call. */
export interface KnownValues {
  /** Path parameters. */
  readonly paths: Values;
  /** By route: path parameters that keep all of its calls away from what the others read. */
  readonly pathsApart: Readonly<Record<string, Values>>;
  /** By route: members of bodies; one that is `null` is left out. */
  readonly bodies: Readonly<Record<string, Values>>;
}

export interface Scene {
  readonly stack: RunningStack;
  readonly known: KnownValues;
  /** Of a worker that is trusted, but silent. */
  readonly workerToken: string;
  readonly stop: () => Promise<void>;
}

/** Workers that never end take four: one is held still, three are steered. */
const slots = 6;

/** Where one route alone is called, each in a workspace of its own: what it starts is in no other’s way. */
const apart = (workspace: string) => ({ workspace, experiment });

export const startScene = async (): Promise<Scene> => {
  const stack = await freshStack({ slots });
  const inApart = (workspace: string): RunningStack => ({ ...stack, workspace });
  const [read, work, testHandleId, token] = await Promise.all([
    makeRecords(stack),
    startWorking(inApart('working')),
    downloadTables(inApart('testing')),
    giveToken(stack),
    makeSchedule(inApart('unscheduling')),
    userOf(inApart('ending')).create(experiment),
    userOf(inApart('downloading')).create(experiment),
    startSteered(inApart('steering')),
    makeSchedule(stack),
  ]);
  const known: KnownValues = {
    paths: {
      ...apart(stack.workspace),
      runId: '1',
      tokenId: token.tokenId,
      schedule,
      ...read.paths,
    },
    pathsApart: {
      createExperiment: { workspace: 'making' },
      endExperiment: apart('ending'),
      createDataHandle: apart('downloading'),
      startFit: apart('working'),
      startTest: apart('testing'),
      stopRun: { ...apart('steering'), runId: '1' },
      deleteRun: { ...apart('steering'), runId: '2' },
      resumeRun: { ...apart('steering'), runId: '3' },
      extendRun: { ...apart('steering'), runId: '4' },
      cloneRun: { ...apart('steering'), runId: '4' },
      putSchedule: { workspace: 'scheduling', schedule },
      deleteSchedule: { workspace: 'unscheduling', schedule },
    },
    bodies: {
      createExperiment: { mlSpec: { fileName: 'line.py', source: specSource } },
      createDataHandle: { locators: { train: 's3://no-such-bucket/rows.csv' } },
      startFit: { ...work.fit, mlConfig: config(), maxWorkers: null, budget: null, dryRun: true },
      startTest: { dataHandleId: testHandleId, ...aModelTag },
      // Its run is left to chance, so that every rule has its turn.
      startPrediction: { dataHandleId: read.dataHandleId, modelTag: null, config: null },
      cloneRun: { changes: {}, epoch: null },
      extendRun: { epochs: 1 },
      putSchedule: yearly,
      createToken: { label: 'a caller', workspaces: ['elsewhere'] },
      exportAudit: { workspace: stack.workspace, from: null, to: null },
      syncWorker: { jobId: 'a-job' },
    },
  };
  const stop = async (): Promise<void> => {
    // So that it can end; unless its operation has ended it.
    for (const { pid } of runningJobs(stack)) process.kill(pid, 'SIGCONT');
    await removeStack(stack);
  };
  return { stack, known, workerToken: work.job.environment['FANFOLD_WORKER_TOKEN'] ?? '', stop };
};

const schedule = 'yearly';

const yearly = {
  expression: 'cron(0 0 1 1 ? *)',
  timezone: 'UTC',
  template: {
    experimentName: 'yearly',
    mlSpec: { fileName: 'line.py', source: specSource },
    dataHandle: { locators: { train: 's3://no-such-bucket/rows.csv' } },
    fit: { mlConfig: config() },
  },
};

/** It never fires here; where an experiment is alive, its occurrences of now are skipped. */
const makeSchedule = (stack: RunningStack) => {
  const params = { workspace: stack.workspace, schedule };
  return userOf(stack).call(putSchedule, { params, body: yearly });
};

const aModelTag = {
  modelTag: 's3://no-such-bucket/a.pt',
  config: {},
  runId: null,
  epochCheckpoint: null,
};

const downloadTables = async (stack: RunningStack): Promise<string> => {
  const user = modelUserOf(stack);
  await user.create(experiment, true);
  return user.download(experiment, Object.keys(tables));
};

/** An experiment with a download, a fit of a good and a bad run, and a prediction. */
const makeRecords = async (stack: RunningStack) => {
  const user = modelUserOf(stack);
  const dataHandleId = await downloadTables(stack);
  await user.fit(experiment, dataHandleId, [config(), config({ width: 'wide' })]);
  const prediction = { dataHandleId, runId: 1 };
  const { operation } = await user.infer('predict', experiment, prediction);
  return { dataHandleId, paths: { dataHandle: dataHandleId, operation: String(operation) } };
};

/** A fit whose only worker is held still, so that others may speak for it. */
const startWorking = async (stack: RunningStack) => {
  const user = userOf(stack);
  await user.create(experiment);
  const dataHandleId = await user.download(experiment);
  await user.start(experiment, dataHandleId, config({ pause_s: 0.1 }, { epochs: 1000 }));
  await user.untilRun(experiment, 1, 'trains', ({ status }) => status === 'ongoing');
  const job = runningJobs(stack).find(speaksFor(stack.workspace));
  if (!job) throw new Error('no job runs');
  process.kill(job.pid, 'SIGSTOP');
  return { fit: { dataHandleId }, job };
};

/** A fit of three runs that go on and on, but for the third, which is stopped, and of a completed one. */
const startSteered = async (stack: RunningStack): Promise<void> => {
  const user = userOf(stack);
  await user.create(experiment);
  const dataHandleId = await user.download(experiment);
  const slow = config({ pause_s: 1 }, { epochs: 1000 });
  await user.start(experiment, dataHandleId, [slow, slow, slow, config()]);
  await user.untilRun(experiment, 3, 'trains', ({ status }) => status === 'ongoing');
  const params = { workspace: stack.workspace, experiment, runId: '3' };
  await user.call(stopRun, { params });
  await user.untilRun(experiment, 3, 'stops', ({ status }) => status === 'stopped');
  await user.untilRun(experiment, 4, 'completes', ({ status }) => status === 'completed');
};

/** A worker's token begins with its workspace. */
const speaksFor =
  (workspace: string) =>
  ({ environment }: RunningJob): boolean =>
    environment['FANFOLD_WORKER_TOKEN']?.startsWith(`${workspace}~`) ?? false;
