import type { Dealing } from './dealing.ts';
import { letDrop, letStop, putBack } from './dealing.ts';
import type { Refusal } from './domain-error.ts';
import { DomainError } from './domain-error.ts';
import type { ExperimentKey } from './experiment.ts';
import type { Instant } from './instant.ts';
import type { Operation } from './operation.ts';
import { cutShortBy, isActive } from './operation.ts';
import type { Run, RunStatus } from './run.ts';
import { cutShort, isOpen } from './run.ts';
import type { Worker } from './worker.ts';

/* What users do to runs while a fit is active. */

export const controlOps = ['stop', 'resume', 'delete'] as const;
export type ControlOp = (typeof controlOps)[number];

export const controlOutcomes = ['accepted', 'refused'] as const;

/** An op that was asked for, and what it was answered: one line of the control log. */
export interface ControlEntry extends ExperimentKey {
  /** Tells entries of one moment apart. */
  readonly id: string;
  readonly at: Instant;
  /** The label of the caller's token. */
  readonly by: string;
  readonly op: ControlOp;
  readonly runId: number;
  readonly outcome: (typeof controlOutcomes)[number];
  /** Why it was refused. */
  readonly refusal?: Refusal | undefined;
  readonly detail?: string | undefined;
}

const legal: Record<RunStatus, readonly ControlOp[]> = {
  new: ['stop', 'delete'],
  ongoing: ['stop', 'delete'],
  stopped: ['resume', 'delete'],
  completed: ['delete'],
  failed: ['delete'],
  deleted: [],
};

const target: Record<ControlOp, RunStatus> = {
  stop: 'stopped',
  resume: 'ongoing',
  delete: 'deleted',
};

/** A run as an op meets it, and where its worker has it; that is not known before workers are planned. */
export interface Met {
  readonly run: Run;
  readonly dealing: Dealing | undefined;
}

/** Refuses an op that the run's status does not allow, or that was accepted for it before. */
export const checkLegal = (op: ControlOp, { run, dealing }: Met): void => {
  const { runId, status } = run;
  const change = `run ${runId} cannot go from ${status} to ${target[op]}`;
  if (!legal[status].includes(op)) {
    const from = Object.entries(legal).flatMap(([one, ops]) => (ops.includes(op) ? [one] : []));
    throw illegal(`${change}: ${op} is for runs that are ${from.join(' or ')}`);
  }
  if (op === 'stop' && dealing?.stopping.includes(runId)) {
    throw illegal(`${change}: somebody stopped it before, and it stops at its next chunk boundary`);
  }
};

const illegal = (detail: string): DomainError => new DomainError('illegal-transition', detail);

/** The run stops at once when no engine has begun it, else at its next chunk boundary. */
export const stop = ({ run, dealing }: Met, now: Instant): Met => {
  const isTrained = run.status === 'ongoing' && dealing?.held.includes(run.runId);
  return {
    run: isTrained ? run : cutShort(run, 'interactive-control', now),
    dealing: dealing && letStop(dealing, run.runId),
  };
};

/** The run is gone at once; an engine that trains it lets go of it at its next chunk boundary. */
export const remove = ({ run, dealing }: Met, now: Instant): Met => ({
  run: { ...cutShort(run, 'interactive-control', now), status: 'deleted' },
  dealing: dealing && letDrop(dealing, run.runId),
});

/** The run trains on from its checkpoint at a worker, its own or another. */
export const resume = (run: Run, { worker, dealing }: Worker): Required<Met> => ({
  run: {
    ...run,
    status: 'ongoing',
    endedBy: undefined,
    endedAt: undefined,
    worker,
    attempts: worker === run.worker && run.attempts > 0 ? run.attempts : run.attempts + 1,
  },
  dealing: putBack(dealing, run.runId),
});

/** Who trains a resumed run: its own worker while that has a job, else the one with the fewest runs. */
export const workerToResume = (run: Run, workers: readonly Worker[]): Worker => {
  const alive = workers.filter(({ status }) => status !== 'gone');
  const own = alive.find(({ worker }) => worker === run.worker);
  const [found] = own ? [own] : alive.toSorted((a, b) => load(a) - load(b));
  if (found) return found;
  throw new DomainError(
    'no-active-fit',
    `fit ${run.operation} is about to end and has no worker left to train run ${run.runId}; run_fit its config again`,
  );
};

const load = ({ dealing }: Worker): number => dealing.waiting.length + dealing.held.length;

/** Refuses an op while no fit is active, or none that could still heed it. */
export const checkActiveFit = (op: ControlOp, run: Run, active: Operation | undefined): void => {
  if (!active || !isActive(active) || active.request.kind !== 'fit') {
    throw inactive('runs are stopped, resumed and deleted only while a fit is active');
  }
  const cutBy = cutShortBy(active);
  if (cutBy) {
    const why = cutBy === 'budget' ? 'its budget is used up' : 'it is being cancelled';
    throw inactive(`fit ${active.operation} ends: ${why}`);
  }
  if (op === 'resume' && run.operation !== active.operation) {
    throw inactive(
      `run ${run.runId} belongs to fit ${run.operation}, which is over; run_fit its config again`,
    );
  }
};

const inactive = (detail: string): DomainError => new DomainError('no-active-fit', detail);

/** Whether what was accepted shows at once; if not, at the run's next chunk boundary. */
export const isInEffect = (op: ControlOp, run: Run): boolean => op !== 'stop' || !isOpen(run);
