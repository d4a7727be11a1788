import type { Access } from './access.ts';
import type { Settings } from './settings.ts';

/** Tells a function how many workers an operation may have at once. */
export const maxWorkers = ({ maxWorkers: count }: Settings): Access => ({
  environment: { DEFAULT_MAX_WORKERS: String(count) },
  statements: [],
});
