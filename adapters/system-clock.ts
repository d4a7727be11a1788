import type { Clock } from '../domain/instant.ts';

/** The machine's own clock. */
export const systemClock: Clock = { now: () => new Date().toISOString() };
