import type { Dealing } from './dealing.ts';
import type { Refusal } from './domain-error.ts';
import { DomainError } from './domain-error.ts';
import type { ExperimentKey } from './experiment.ts';
import type { ActiveFit } from './home.ts';
import type { Instant } from './instant.ts';
import type { Operation } from './operation.ts';
import { cutShortBy, isActive } from './operation.ts';
import type { Run, RunStatus } from './run.ts';
import { isOpen } from './run.ts';

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

/** Refuses an op that the run's status does not allow, or that was accepted for it before. */
export const checkLegal = (
  op: ControlOp,
  { runId, status }: Run,
  dealing: Dealing | undefined,
): void => {
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

/** Refuses an op while no fit is active, or none that could still heed it. */
export const checkActiveFit = (
  op: ControlOp,
  run: Run,
  active: Operation | undefined,
): ActiveFit => {
  if (!active || !isActive(active) || active.request.kind !== 'fit') {
    throw inactive('runs are stopped, resumed and deleted only while a fit is active');
  }
  const fit: ActiveFit = { ...active, request: active.request };
  const cutBy = cutShortBy(fit);
  if (cutBy) {
    const why = cutBy === 'budget' ? 'its budget is used up' : 'it is being cancelled';
    throw inactive(`fit ${fit.operation} ends: ${why}`);
  }
  const { dataHandleId } = fit.request;
  if (op === 'resume' && run.dataHandleId !== dataHandleId) {
    throw inactive(
      `run ${run.runId} is trained on data handle ${run.dataHandleId} and the active fit ${fit.operation} on ${dataHandleId}; resume it while a fit on its own is active`,
    );
  }
  return fit;
};

const inactive = (detail: string): DomainError => new DomainError('no-active-fit', detail);

/** Whether what was accepted shows at once; if not, at the run's next chunk boundary. */
export const isInEffect = (op: ControlOp, run: Run): boolean => op !== 'stop' || !isOpen(run);
