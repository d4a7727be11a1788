import { setTimeout as sleep } from 'node:timers/promises';
import { listResults, listRuns } from '../../contract/operation-routes.ts';
import type { OperationResource, RunResource } from '../../contract/resources.ts';
import type { DigitsConfig } from '../digits.ts';
import type { FitOptions, Trial, User } from '../embedded-stack.ts';
import type { Outcome } from './rivals.ts';

const pollMilliseconds = 250;

/** Where the seconds of a fit went. */
export interface FitPhases {
  /** From the request to planned workers. */
  readonly planning: number;
  /** From there until a run is reported to train: job, interpreter, imports, data. */
  readonly starting: number;
  /** From the first run's start to the last one's end. */
  readonly training: number;
  /** From there until the caller sees the operation completed. */
  readonly settling: number;
}

export interface FitOutcome extends Outcome {
  readonly executor: string;
  readonly phases: FitPhases;
  /** Of each run, what its own training took. */
  readonly runSeconds: readonly number[];
}

/** Starts a fit and waits until it is completed. */
export const fit = async (
  user: User,
  trial: Trial,
  configs: readonly DigitsConfig[],
  more: FitOptions = {},
): Promise<FitOutcome> => {
  const startedAt = Date.now();
  const { operation } = await user.start(trial, configs, more);
  const ended = await user.ended(trial, operation);
  const endedAt = Date.now();
  const runs = await runsOf(user, trial, operation);
  const unfinished = runs.find(({ status }) => status !== 'completed');
  if (unfinished) throw new Error(`a run is ${unfinished.status}: ${unfinished.error?.message}`);
  return {
    seconds: (endedAt - startedAt) / 1000,
    executor: ended.executor ?? 'none',
    phases: phasesOf(ended, runs, { startedAt, endedAt }),
    runSeconds: runs.map(({ runtimeSeconds }) => runtimeSeconds),
    losses: await lastLosses(user, trial, runs),
  };
};

/** From the first run's start, the seconds until each run of a fit has a validation metric. */
export const secondsUntilFirstMetrics = async (
  user: User,
  trial: Trial,
  configs: readonly DigitsConfig[],
): Promise<number> => {
  const { operation } = await user.start(trial, configs);
  const metricsAt = await untilAllHaveMetrics(user, trial, { operation, count: configs.length });
  await user.ended(trial, operation);
  const { startedAt } = trainingOf(await runsOf(user, trial, operation));
  return (metricsAt - startedAt) / 1000;
};

const untilAllHaveMetrics = async (
  user: User,
  trial: Trial,
  { operation, count }: { readonly operation: number; readonly count: number },
): Promise<number> => {
  for (;;) {
    const runs = await runsOf(user, trial, operation);
    if (runs.length === count && runs.every((run) => run.completedEpochs > 0)) return Date.now();
    await sleep(pollMilliseconds);
  }
};

const runsOf = async (
  { call }: User,
  { params }: Trial,
  operation: number,
): Promise<readonly RunResource[]> => {
  const query = { limit: '100', operation: String(operation) };
  return (await call(listRuns, { params, query })).body.items;
};

const lastLosses = async (
  { call }: User,
  { params }: Trial,
  runs: readonly RunResource[],
): Promise<readonly number[]> =>
  Promise.all(
    runs.map(async ({ runId }) => {
      const query = { limit: '100', runId: String(runId) };
      const { body } = await call(listResults, { params, query });
      return Number(body.items.at(-1)?.metrics['val_loss']);
    }),
  );

const trainingOf = (runs: readonly RunResource[]) => ({
  startedAt: Math.min(...runs.map((run) => Date.parse(run.startedAt ?? ''))),
  endedAt: Math.max(...runs.map((run) => Date.parse(run.endedAt ?? ''))),
});

const phasesOf = (
  operation: OperationResource,
  runs: readonly RunResource[],
  seen: { readonly startedAt: number; readonly endedAt: number },
): FitPhases => {
  const plannedAt = Date.parse(operation.startedAt ?? '');
  const training = trainingOf(runs);
  return {
    planning: (plannedAt - seen.startedAt) / 1000,
    starting: (training.startedAt - plannedAt) / 1000,
    training: (training.endedAt - training.startedAt) / 1000,
    settling: (seen.endedAt - training.endedAt) / 1000,
  };
};
