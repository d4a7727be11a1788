import type { Run } from './run.ts';

const secondsPerHour = 3600;

/** What a run has cost: its share of its worker's GPU. Not known while no price is (0). */
export const costUsd = (
  { runtimeSeconds }: Pick<Run, 'runtimeSeconds'>,
  gpuHourUsd: number,
): number | undefined =>
  gpuHourUsd === 0 ? undefined : (runtimeSeconds / secondsPerHour) * gpuHourUsd;
