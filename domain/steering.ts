import type { LeafConfig } from './config.ts';
import { letBranch, letDrop, letStop } from './dealing.ts';
import { DomainError } from './domain-error.ts';
import { findHomes } from './home.ts';
import type { Instant } from './instant.ts';
import type { ActiveFit } from './operation.ts';
import type { EpochCheckpoint, Run } from './run.ts';
import { cutShort } from './run.ts';
import type { Worker } from './worker.ts';
import type { Change, ControlChange } from './worker-ports.ts';

/* What an op that is accepted changes. What an engine has to do about it is told in its next sync. */

/** A run as an op meets it, and the worker that has it; there is none before workers are planned. */
export interface Met {
  readonly run: Run;
  readonly worker: Worker | undefined;
}

/** The run stops at once when no engine has begun it, else at its next chunk boundary. */
export const stop = ({ run, worker }: Met, now: Instant): ControlChange => {
  const isTrained = run.status === 'ongoing' && worker?.dealing.held.includes(run.runId);
  const after = isTrained ? run : cutShort(run, 'interactive-control', now);
  return changeOf({ run, worker }, after, letStop);
};

/** The run is gone at once; an engine that trains it lets go of it at its next chunk boundary. */
export const remove = ({ run, worker }: Met, now: Instant): ControlChange => {
  const after: Run = { ...cutShort(run, 'interactive-control', now), status: 'deleted' };
  return changeOf({ run, worker }, after, letDrop);
};

const changeOf = (
  { run, worker }: Met,
  after: Run,
  change: typeof letStop | typeof letDrop,
): ControlChange => ({
  runs: [{ before: run, after }],
  workers: worker
    ? [{ before: worker, after: { ...worker, dealing: change(worker.dealing, run.runId) } }]
    : [],
});

/** What a run that joins the active fit meets there. */
export interface Circumstances {
  readonly fit: ActiveFit;
  /** All workers of the fit. */
  readonly workers: readonly Worker[];
  /** The seed of the fit that the run belongs to. */
  readonly seed: number;
}

/** The run trains on from its checkpoint. One of an earlier fit belongs to this one from now on. */
export const resume = (run: Run, { fit, workers, seed }: Circumstances): ControlChange => {
  const isOwn = run.operation === fit.operation;
  const own = isOwn ? run.worker : undefined;
  const homes = findHomes([run.runId], fit, { workers, own });
  const [worker = run.worker] = homes.numbers;
  const staysThere = worker === own && run.attempts > 0;
  const after: Run = {
    ...run,
    operation: fit.operation,
    seed: seedOf(run, fit, seed),
    worker,
    status: 'ongoing',
    endedBy: undefined,
    endedAt: undefined,
    attempts: staysThere ? run.attempts : run.attempts + 1,
  };
  return {
    runs: [{ before: run, after }],
    workers: homes.workers,
    fit: withAdditions(fit, { homes: homes.workers, takenOver: isOwn ? [] : [run] }),
  };
};

/** A run that is over goes on for some epochs more, as if they had been asked for at first. */
export const extend = (
  run: Run,
  config: LeafConfig,
  circumstances: Circumstances,
): ControlChange => {
  const { runs, ...change } = resume(run, circumstances);
  return {
    ...change,
    runs: runs.map(({ before, after }) => ({ before, after: { ...after, config } })),
  };
};

/** What clones are to be, and where they join. */
export interface Clones extends Circumstances {
  readonly configs: readonly LeafConfig[];
  /** The last run ID of the experiment. */
  readonly lastRunId: number;
  /** Of warm ones: the checkpoint that they start from, or that it is to be the newest. */
  readonly warmStart?: EpochCheckpoint | 'newest' | undefined;
  readonly now: Instant;
}

/** New runs of the active fit that differ from their parent in nothing but the knobs that were changed. */
export const clone = (parent: Met, clones: Clones): ControlChange => {
  const { configs, lastRunId, fit, workers, warmStart } = clones;
  const homes = findHomes(
    configs.map((_, i) => lastRunId + 1 + i),
    fit,
    { workers },
  );
  const onSameData = parent.run.dataHandleId === fit.request.dataHandleId;
  const branch = warmStart === 'newest' ? branchOff(parent) : { prefix: warmStart?.prefix };
  const start = warmStart && { branch: branch.number, prefix: branch.prefix, onSameData };
  const made = configs.map((config, i) => {
    const runId = lastRunId + 1 + i;
    const run = newClone(parent.run, { ...clones, runId, worker: homes.numbers[i] ?? 1 });
    return {
      before: undefined,
      after: { ...run, config, warmStarted: start !== undefined, start },
    };
  });
  return {
    runs: [...(branch.parent ? [{ before: parent.run, after: branch.parent }] : []), ...made],
    workers: branch.order
      ? withOrder(homes.workers, branch.order, parent.run.runId)
      : homes.workers,
    fit: withAdditions(fit, { homes: homes.workers, takenOver: [] }),
    lastRunId: { before: lastRunId, after: lastRunId + configs.length },
  };
};

const newClone = (
  parent: Run,
  { fit, seed, now, runId, worker }: Clones & Pick<Run, 'runId' | 'worker'>,
): Run => ({
  workspace: parent.workspace,
  experiment: parent.experiment,
  runId,
  operation: fit.operation,
  dataHandleId: fit.request.dataHandleId,
  worker,
  config: parent.config,
  seed: seedOf(parent, fit, seed),
  status: 'new',
  source: 'interactive-control',
  clonedFrom: parent.runId,
  completedEpochs: 0,
  attempts: 0,
  fruitlessAttempts: 0,
  createdAt: now,
  runtimeSeconds: 0,
});

/** A place in a run's training that clones start from. */
interface Branch {
  readonly number?: number | undefined;
  /** Its directory, if there is one by now. */
  readonly prefix?: string | undefined;
  /** The parent, which keeps it. */
  readonly parent?: Run | undefined;
  /** The worker whose engine is asked for it. */
  readonly order?: Worker | undefined;
}

/** The newest weights of a run: those its engine has, or else its checkpoint. */
const branchOff = ({ run, worker }: Met): Branch => {
  const { asked, given } = run.branches ?? { asked: 0, given: [] };
  const isTrained =
    run.status === 'ongoing' &&
    run.startedAt !== undefined &&
    worker?.dealing.held.includes(run.runId);
  if (run.checkpoint && !isTrained) {
    const { prefix } = run.checkpoint;
    const all = [...given, ...Array(asked + 1 - given.length).fill(prefix)];
    return {
      number: asked,
      prefix,
      parent: { ...run, branches: { asked: asked + 1, given: all } },
    };
  }
  if (!isTrained) throw noWeights(run);
  return {
    number: asked,
    parent: { ...run, branches: { asked: asked + 1, given } },
    order: worker,
  };
};

const noWeights = ({ runId, status }: Run): DomainError =>
  new DomainError(
    'no-checkpoint',
    `run ${runId} is ${status} and has not trained yet, or left no checkpoint to start from; clone it cold`,
    [{ pointer: '/warmStart', detail: 'needs a checkpoint of the run' }],
  );

/** The parent's worker is among those that changed. */
const withOrder = (
  changes: ControlChange['workers'],
  worker: Worker,
  parent: number,
): ControlChange['workers'] => {
  const isIt = ({ after }: Change<Worker>) => after.worker === worker.worker;
  const { before, after } = changes.find(isIt) ?? { before: worker, after: worker };
  const ordered = { before, after: { ...after, dealing: letBranch(after.dealing, parent) } };
  return [...changes.filter((change) => !isIt(change)), ordered];
};

/** What a run trains with in a fit that it did not begin in; `undefined` where that is the fit's own. */
const seedOf = (run: Run, fit: ActiveFit, ownSeed: number): number | undefined =>
  run.operation === fit.operation ? run.seed : (run.seed ?? ownSeed);

/** What the fit takes on, if it takes on anything: more workers, runs of earlier fits. */
const withAdditions = (
  fit: ActiveFit,
  { homes, takenOver }: { homes: ControlChange['workers']; takenOver: readonly Run[] },
): ControlChange['fit'] => {
  const added = homes.filter(({ before }) => before === undefined).length;
  if (added === 0 && takenOver.length === 0) return undefined;
  const runIds = takenOver.map(({ runId }) => runId);
  const lowest = Math.min(fit.takenOverFrom ?? Number.POSITIVE_INFINITY, ...runIds);
  return {
    before: fit,
    after: {
      ...fit,
      additions: fit.additions + 1,
      addedWorkers: fit.addedWorkers + added,
      takenOverFrom: Number.isFinite(lowest) ? lowest : undefined,
    },
  };
};
