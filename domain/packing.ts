import type { OperationPlan } from './operation.ts';

/** Which runs each worker gets, as indexes from 0 in the order of the configs. */
export interface Packing {
  readonly plan: OperationPlan;
  readonly shares: readonly (readonly number[])[];
}

/**
 * Deals the runs to workers: each run its own while there are workers enough, else equal shares, dealt
 * in turn so that the first configs start first on every worker.
 */
export const planWorkers = ({
  runCount,
  maxWorkers,
}: {
  readonly runCount: number;
  readonly maxWorkers: number;
}): Packing => {
  const workers = Math.min(runCount, maxWorkers);
  const shares = Array.from({ length: workers }, (_, worker) =>
    Array.from(
      { length: Math.ceil((runCount - worker) / workers) },
      (_, i) => worker + i * workers,
    ),
  );
  const runsPerWorker = Math.ceil(runCount / workers);
  return {
    plan: { workers, runsPerWorker, reason: reason(runCount, workers, maxWorkers) },
    shares,
  };
};

const reason = (runCount: number, workers: number, maxWorkers: number): string =>
  runCount <= maxWorkers
    ? `${runCount} runs fit the limit of ${maxWorkers} workers, so each has its own`
    : `${runCount} runs are more than the limit of ${maxWorkers} workers, so ${workers} share them equally`;
