import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError } from '../../../contract/client.ts';
import { CliError } from './cli-error.ts';

/*
 * Ask about once a second; less often while nothing changes, or when answers are slow to come, so that
 * asking takes at most a quarter of the time. The second look comes early, since what is quick should
 * feel quick.
 */
const firstMs = 250;
const usualMs = 1000;
const longestMs = 5000;
const quietFactor = 1.25;
const restFactor = 3;

/** While nothing is asked, what is shown still tells the time. */
const tickMs = 1000;

/** How long the service may be out of reach, or at fault, before watching gives up. */
const patienceMs = 300_000;

export interface Watching<T> {
  readonly ask: () => Promise<T>;
  readonly isOver: (seen: T) => boolean;
  readonly show: (seen: T) => void;
  readonly interrupted: AbortSignal;
  readonly say: (text: string) => void;
}

/** Asks again and again until what comes is the end; hiccups of the network are sat out. */
export const follow = async <T>(watching: Watching<T>): Promise<T> => {
  let pace: Pace<T> = { delay: firstMs, answeredAt: performance.now() };
  while (true) {
    const askedAt = performance.now();
    const now = await askOnce(watching, pace.answeredAt);
    if (now !== undefined) {
      pace = paceAfter(pace, now);
      watching.show(now);
      if (watching.isOver(now)) return now;
    }
    const least = Math.min(longestMs, restFactor * (performance.now() - askedAt));
    await rest(Math.max(now === undefined ? usualMs : pace.delay, least), watching, pace.seen);
  }
};

interface Pace<T> {
  readonly delay: number;
  readonly answeredAt: number;
  readonly seen?: T;
}

const paceAfter = <T>({ delay, seen }: Pace<T>, now: T): Pace<T> => ({
  delay: seen === undefined ? delay : isSame(seen, now) ? slower(delay) : usualMs,
  answeredAt: performance.now(),
  seen: now,
});

const slower = (delay: number): number => Math.min(longestMs, delay * quietFactor);

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const askOnce = async <T>(
  { ask, say }: Watching<T>,
  answeredAt: number,
): Promise<T | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (!isHiccup(error) || performance.now() - answeredAt > patienceMs) throw error;
    say(`No news, trying again: ${error.message}`);
    return undefined;
  }
};

const isHiccup = (error: unknown): error is Error =>
  (error instanceof CliError && error.exit === 'fault') ||
  (error instanceof ProblemError && error.problem.status >= 500);

const rest = async <T>(
  milliseconds: number,
  { interrupted, show }: Watching<T>,
  seen: T | undefined,
): Promise<void> => {
  for (let left = milliseconds; left > 0; left -= tickMs) {
    await sleep(Math.min(left, tickMs), undefined, { signal: interrupted });
    if (left > tickMs && seen !== undefined) show(seen);
  }
};
