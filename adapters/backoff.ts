import { setTimeout as sleep } from 'node:timers/promises';

const firstMs = 25;
const longestMs = 2_000;

/** Attempts at what the SDK does not retry: with full jitter, about 8 seconds in all. */
export const maxAttempts = 12;

/** Waits before another attempt, with full jitter so that those who met do not meet again. */
export const backoff = async (attempt: number): Promise<void> => {
  await sleep(Math.random() * Math.min(longestMs, firstMs * 2 ** attempt));
};
