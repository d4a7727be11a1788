import type { Access } from './access.ts';
import type { Settings } from './settings.ts';

/* Settings of the deployment that functions are told. */

const told = (environment: Access['environment']): Access => ({ environment, statements: [] });

export const maxWorkers = ({ maxWorkers: count }: Settings): Access =>
  told({ DEFAULT_MAX_WORKERS: String(count) });

export const gpuPrice = ({ usdPerGpuHour }: Settings): Access =>
  told({ USD_PER_GPU_HOUR: String(usdPerGpuHour) });
