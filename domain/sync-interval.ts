import type { Instant } from './instant.ts';
import { secondsBetween } from './instant.ts';
import type { Operation } from './operation.ts';
import { isActive } from './operation.ts';
import type { Worker } from './worker.ts';

/*
 * How long a worker may wait until its next sync. News that matter (a run begun, its first epoch, a
 * checkpoint, an end) it tells at once in any case; the interval is for progress, and for orders.
 *
 * A sync costs some $5 per million at list prices (docs/cost.md). At one a second that is $0.018 an hour,
 * a tenth of the cheapest GPU's Spot hour ($0.16); at one in 15 seconds it is $0.0012, less than 1 %.
 */

const seconds = { watched: 1, unwatched: 15 } as const;

/** An attempt's first syncs, about a minute's: whoever started it likely looks, and pays 0.2 % of an hour. */
const firstSyncs = 60;

/** How long a look counts. Who follows an operation asks for it every 5 seconds at least. */
const watchedForSeconds = 30;

/** A look is noted again only when the last note is this old, so that looking costs a write in 10 seconds. */
const noteAgainAfterSeconds = 10;

type Watched = Pick<Operation, 'status' | 'watchedAt'>;

/** Whether somebody who looks at the operation, or steers it, is to be noted. */
export const isLookWorthNoting = (operation: Watched, now: Instant): boolean =>
  isActive(operation) && !isWithin(noteAgainAfterSeconds, operation.watchedAt, now);

/**
 * Seconds until a worker's next sync at the latest. One that waits for runs of others does not save:
 * a second of an idle GPU costs ten times as much as a sync.
 */
export const syncIntervalSeconds = (
  { sequence, idleSince }: Pick<Worker, 'sequence' | 'idleSince'>,
  { watchedAt }: Pick<Operation, 'watchedAt'>,
  now: Instant,
): number => {
  const isWatched = isWithin(watchedForSeconds, watchedAt, now);
  const isAttentive = isWatched || sequence <= firstSyncs || idleSince !== undefined;
  return isAttentive ? seconds.watched : seconds.unwatched;
};

const isWithin = (limitSeconds: number, at: Instant | undefined, now: Instant): boolean =>
  at !== undefined && secondsBetween(at, now) < limitSeconds;
