import type { Access } from './access.ts';
import type { Settings } from './settings.ts';

/** Tells a function what an hour of a worker's GPU costs. */
export const gpuPrice = ({ gpuHourUsd }: Settings): Access => ({
  environment: { GPU_HOUR_USD: String(gpuHourUsd) },
  statements: [],
});
