import { isUsedUp } from '../../domain/budget.ts';
import { bracketOf } from '../../domain/dealing.ts';
import { secondsBetween } from '../../domain/instant.ts';
import { bracketsOf, cutShortBy, type Operation } from '../../domain/operation.ts';
import type { Run } from '../../domain/run.ts';
import type { Worker } from '../../domain/worker.ts';
import { isAtWork, isWorthWaiting } from '../../domain/worker.ts';
import { advanceRungs } from '../advance-rungs.ts';
import type { WorkerPorts } from './ports.ts';
import type { TakenIn } from './take-in.ts';

/** What the worker is to do next, seen with the others of its fit. */
export interface Outlook {
  /** Stop everything and leave. */
  readonly exit: boolean;
  /** There is, or may be, more to train. */
  readonly more: boolean;
  /** Sync again at once. */
  readonly soon: boolean;
}

/** Once a sync is taken in: is the fit's budget used up, and can runs of this worker leave their rungs? */
export const lookAround = async (takenIn: TakenIn, ports: WorkerPorts): Promise<Outlook> => {
  const operation = await chargeBudget(takenIn, ports);
  if (cutShortBy(operation)) return { exit: true, more: false, soon: false };
  const { worker, moved, awaited } = await advanceRungs(takenIn.worker, operation, ports);
  const hasWork = worker.dealing.waiting.length > 0 || holdsHalved(worker, operation);
  const more = hasWork || moved || (await waits(worker, awaited, ports));
  return { exit: false, more, soon: moved };
};

/** The operation, marked when the training that workers told of used its budget up. */
const chargeBudget = async (
  { operation, runtimeSeconds }: TakenIn,
  { workers, operations, clock }: WorkerPorts,
): Promise<Operation> => {
  const budget = operation.request.kind === 'fit' ? operation.request.budget : undefined;
  if (!budget || runtimeSeconds === 0 || cutShortBy(operation)) return operation;
  const all = await workers.listByOperation(operation);
  const trainedSeconds = all.reduce((sum, worker) => sum + worker.runtimeSeconds, 0);
  if (!isUsedUp(budget, trainedSeconds)) return operation;
  const usedUp: Operation = { ...operation, usedUpAt: clock.now() };
  // Whoever changed the operation meanwhile cut it short as well: nothing else happens to one that runs.
  await operations.replace(usedUp, operation.status);
  return usedUp;
};

/** A run that is halved may be dealt to this worker again, so it must not leave when it lets it go. */
const holdsHalved = ({ dealing }: Worker, operation: Operation): boolean =>
  dealing.held.some((runId) => bracketOf(runId, bracketsOf(operation)) >= 0);

/** Whether a worker without work waits for the runs that its own wait for. */
const waits = async (
  { idleSince, ...worker }: Worker,
  awaited: readonly Run[],
  { workers, clock }: WorkerPorts,
): Promise<boolean> => {
  if (idleSince === undefined) return false;
  const now = clock.now();
  const numbers = [...new Set(awaited.map((run) => run.worker))];
  const found = await Promise.all(
    numbers.map((number) => workers.find({ ...worker, worker: number })),
  );
  const areAtWork = found.some((one) => one && isAtWork(one, now));
  return isWorthWaiting({ idleSeconds: secondsBetween(idleSince, now), areAtWork });
};
