import { secondsPerHour, usdOf } from './cost.ts';

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

/** Money buys GPU time at the price of the day. */
export const budgetOf = ({ gpuHours = 0, usd }: AskedBudget, usdPerGpuHour: number): Budget =>
  usd === undefined
    ? { gpuSeconds: gpuHours * secondsPerHour }
    : { gpuSeconds: usd / usdOf(1, usdPerGpuHour), usd };

/** Whether training of so many seconds in all used the budget up. */
export const isUsedUp = ({ gpuSeconds }: Budget, trainedSeconds: number): boolean =>
  trainedSeconds >= gpuSeconds;
