import { letDrop, letStop } from './dealing.ts';
import type { ActiveFit } from './home.ts';
import { findHomes } from './home.ts';
import type { Instant } from './instant.ts';
import type { Run } from './run.ts';
import { cutShort } from './run.ts';
import type { Worker } from './worker.ts';
import type { ControlChange } from './worker-ports.ts';

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

interface Circumstances {
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
    seed: isOwn ? run.seed : (run.seed ?? seed),
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
