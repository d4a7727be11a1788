import type { Json } from './config.ts';
import type { Dealing } from './dealing.ts';
import type { Refusal } from './domain-error.ts';
import { DomainError } from './domain-error.ts';
import type { ExperimentKey } from './experiment.ts';
import type { Instant } from './instant.ts';
import type { ActiveFit, Operation } from './operation.ts';
import { cutShortBy, isActive } from './operation.ts';
import type { Run, RunStatus } from './run.ts';
import { isOpen } from './run.ts';

/* What users do to runs while a fit is active. */

export const controlOps = ['stop', 'resume', 'clone', 'extend', 'delete'] as const;
export type ControlOp = (typeof controlOps)[number];

export const controlOutcomes = ['accepted', 'refused'] as const;

/** What a clone is to be, or by how much a run is extended. */
export interface ControlDetails {
  /** The knobs that a clone changes, secrets hidden. */
  readonly changes?: Json | undefined;
  readonly warmStart?: boolean | undefined;
  /** The epoch whose checkpoint a warm clone starts from. */
  readonly epoch?: number | undefined;
  /** By how many epochs a run is extended. */
  readonly epochs?: number | undefined;
}

/** An op that was asked for, and what it was answered: one line of the control log. */
export interface ControlEntry extends ExperimentKey {
  /** Tells entries of one moment apart. */
  readonly id: string;
  readonly at: Instant;
  /** The label of the caller's token. */
  readonly by: string;
  readonly op: ControlOp;
  readonly runId: number;
  /** What else was said of it. */
  readonly asked?: ControlDetails | undefined;
  /** The runs that it made. */
  readonly made?: readonly number[] | undefined;
  readonly outcome: (typeof controlOutcomes)[number];
  /** Why it was refused. */
  readonly refusal?: Refusal | undefined;
  readonly detail?: string | undefined;
}

const legal: Record<RunStatus, readonly ControlOp[]> = {
  new: ['stop', 'clone', 'delete'],
  ongoing: ['stop', 'clone', 'delete'],
  stopped: ['resume', 'clone', 'delete'],
  completed: ['clone', 'extend', 'delete'],
  failed: ['clone', 'delete'],
  deleted: [],
};

/** The statuses in which a run has weights that a clone can start from. */
const warm: readonly RunStatus[] = ['ongoing', 'stopped', 'completed'];

/** What the op would make of the run. */
const outcome: Record<ControlOp, string> = {
  stop: 'go to stopped',
  resume: 'go to ongoing',
  clone: 'be cloned',
  extend: 'go to ongoing',
  delete: 'go to deleted',
};

/** Refuses an op that the run's status does not allow, or that was accepted for it before. */
export const checkLegal = (
  op: ControlOp,
  { runId, status }: Run,
  dealing: Dealing | undefined,
): void => {
  const change = `run ${runId} is ${status} and cannot ${outcome[op]}`;
  if (!legal[status].includes(op)) {
    const from = Object.entries(legal).flatMap(([one, ops]) => (ops.includes(op) ? [one] : []));
    throw illegal(`${change}: ${op} is for runs that are ${from.join(' or ')}`);
  }
  if (op === 'stop' && dealing?.stopping.includes(runId)) {
    throw illegal(`${change}: somebody stopped it before, and it stops at its next chunk boundary`);
  }
};

/** Refuses to start a clone from the weights of a run whose status says that it has none. */
export const checkWarm = ({ runId, status }: Run): void => {
  if (warm.includes(status)) return;
  throw illegal(`run ${runId} is ${status} and can only be cloned cold: without warmStart`);
};

const illegal = (detail: string): DomainError => new DomainError('illegal-transition', detail);

/** Refuses an op while no fit is active, or none that could still heed it. */
export const checkActiveFit = (
  op: ControlOp,
  run: Run,
  active: Operation | undefined,
): ActiveFit => {
  if (!active || !isActive(active) || active.request.kind !== 'fit') {
    throw inactive(
      'runs are stopped, resumed, cloned, extended and deleted only while a fit is active',
    );
  }
  const fit: ActiveFit = { ...active, request: active.request };
  const cutBy = cutShortBy(fit);
  if (cutBy) {
    const why = cutBy === 'budget' ? 'its budget is used up' : 'it is being cancelled';
    throw inactive(`fit ${fit.operation} ends: ${why}`);
  }
  const { dataHandleId } = fit.request;
  if ((op === 'resume' || op === 'extend') && run.dataHandleId !== dataHandleId) {
    throw inactive(
      `run ${run.runId} is trained on data handle ${run.dataHandleId} and the active fit ${fit.operation} on ${dataHandleId}; ${op} it while a fit on its own is active`,
    );
  }
  return fit;
};

const inactive = (detail: string): DomainError => new DomainError('no-active-fit', detail);

/** Whether what was accepted shows at once; if not, at the run's next chunk boundary. */
export const isInEffect = (op: ControlOp, run: Run): boolean => op !== 'stop' || !isOpen(run);
