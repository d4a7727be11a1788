import type { Access } from './access.ts';
import type { Settings } from './settings.ts';

/** Tells a function what an hour of a worker's GPUs costs. */
export const gpuPrice = ({ gpuHourUsd, gpusPerWorker }: Settings): Access => ({
  environment: { GPU_HOUR_USD: String(gpuHourUsd * gpusPerWorker) },
  statements: [],
});
