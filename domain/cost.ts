import type { Run } from './run.ts';

export const secondsPerHour = 3600;

/** What so many seconds of a GPU cost. Not known while no price is (0). */
export const usdOf = (gpuSeconds: number, gpuHourUsd: number): number | undefined =>
  gpuHourUsd === 0 ? undefined : (gpuSeconds / secondsPerHour) * gpuHourUsd;

/** What a run has cost: its share of its worker's GPU. */
export const costUsd = (
  { runtimeSeconds }: Pick<Run, 'runtimeSeconds'>,
  gpuHourUsd: number,
): number | undefined => usdOf(runtimeSeconds, gpuHourUsd);
