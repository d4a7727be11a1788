import { DomainError } from './domain-error.ts';
import type { Executor, FitRequest, OperationPlan } from './operation.ts';

/** Which runs each worker gets, as indexes from 0 in the order of the configs. */
export interface Packing {
  readonly plan: OperationPlan;
  readonly shares: readonly (readonly number[])[];
}

/** Workers that a fit may have at once: as many as it asks for, if the deployment allows them. */
export const workersFor = (asked: number | undefined, allowed: number): number => {
  if (asked === undefined || asked <= allowed) return asked ?? allowed;
  throw new DomainError(
    'invalid-request',
    `this deployment allows a fit ${allowed} workers at once; ask for no more than that`,
    [{ pointer: '/maxWorkers', detail: `must be at most ${allowed}` }],
  );
};

/**
 * Deals the runs to workers: each run its own while there are workers enough, else equal shares. Runs
 * that are trained one after the other are dealt in turn, so that the first configs start first on every
 * worker; others with their neighbours, which in a grid differ least and are the likeliest to be fused.
 */
export const planWorkers = ({
  runCount,
  maxWorkers,
  executor,
}: {
  readonly runCount: number;
  readonly maxWorkers: number;
  readonly executor: Executor;
}): Packing => {
  const plan = countWorkers({ runCount, maxWorkers });
  const share = executor === 'single' ? inTurn : neighbours;
  return { plan, shares: share(runCount, plan.workers) };
};

/** How many workers a fit gets, and why. */
const countWorkers = ({
  runCount,
  maxWorkers,
}: {
  readonly runCount: number;
  readonly maxWorkers: number;
}): OperationPlan => {
  const workers = Math.min(runCount, maxWorkers);
  const runsPerWorker = Math.ceil(runCount / workers);
  return { workers, runsPerWorker, reason: reason(runCount, workers, maxWorkers) };
};

const inTurn = (runCount: number, workers: number): number[][] =>
  Array.from({ length: workers }, (_, worker) =>
    Array.from(
      { length: Math.ceil((runCount - worker) / workers) },
      (_, i) => worker + i * workers,
    ),
  );

/** How many workers the plan of a fit has. */
export const plannedWorkers = (fit: FitRequest): number => countWorkers(fit).workers;

const neighbours = (runCount: number, workers: number): number[][] =>
  Array.from({ length: workers }, (_, worker) => {
    const [first, end] = [worker, worker + 1].map((n) => Math.floor((n * runCount) / workers));
    return Array.from({ length: (end ?? 0) - (first ?? 0) }, (_, i) => (first ?? 0) + i);
  });

const reason = (runCount: number, workers: number, maxWorkers: number): string =>
  runCount <= maxWorkers
    ? `${runCount} runs fit the limit of ${maxWorkers} workers, so each has its own`
    : `${runCount} runs are more than the limit of ${maxWorkers} workers, so ${workers} share them equally`;
