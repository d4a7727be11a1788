import { secondsPerHour } from './cost.ts';
import { DomainError } from './domain-error.ts';

/** Seconds of GPUs that the runs of a fit may train together before they are stopped. */
export interface Budget {
  readonly gpuSeconds: number;
  /** What was asked for, when that was money. */
  readonly usd?: number | undefined;
}

/** A budget as it is asked for: one of the two. */
export interface AskedBudget {
  readonly gpuHours?: number | undefined;
  readonly usd?: number | undefined;
}

/** Money buys GPU time at the price of the day, where one is known (not 0). */
export const budgetOf = ({ gpuHours = 0, usd }: AskedBudget, gpuHourUsd: number): Budget => {
  if (usd === undefined) return { gpuSeconds: gpuHours * secondsPerHour };
  if (gpuHourUsd > 0) return { gpuSeconds: (usd / gpuHourUsd) * secondsPerHour, usd };
  throw new DomainError(
    'invalid-request',
    'this deployment does not know what a GPU hour costs; give the budget in gpuHours',
    [{ pointer: '/budget/usd', detail: 'cannot be turned into GPU hours' }],
  );
};

/** Whether training of so many seconds in all used the budget up. */
export const isUsedUp = ({ gpuSeconds }: Budget, trainedSeconds: number): boolean =>
  trainedSeconds >= gpuSeconds;
