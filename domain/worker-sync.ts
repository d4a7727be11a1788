import type { Dealing } from './dealing.ts';
import { isIdle } from './dealing.ts';
import { DomainError } from './domain-error.ts';
import type { Experiment } from './experiment.ts';
import type { Instant } from './instant.ts';
import type { Operation } from './operation.ts';
import { isActive } from './operation.ts';
import type { Worker } from './worker.ts';
import { interruptionsOf } from './worker.ts';

/** How a worker presents itself at a sync. */
export interface Presentation {
  readonly tokenSha256: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly sequence: number;
  readonly interrupted?: boolean | undefined;
}

/**
 * `new-lease`: an attempt not seen before takes over. `next`: the lease's next sync. `repeat`: the last
 * sync again, whose answer was lost; it must have no second effect.
 */
export type Admission = 'new-lease' | 'next' | 'repeat';

/**
 * Decides whether a sync is accepted. Refused are workers of an ended experiment or of an operation that
 * is over, attempts older than the newest one, and tokens that were never given to this attempt.
 */
export const admit = (
  {
    worker,
    experiment,
    operation,
  }: { worker: Worker; experiment: Experiment; operation: Operation },
  presented: Presentation,
): Admission => {
  if (experiment.status === 'ended') {
    throw new DomainError('experiment-ended', `experiment ${experiment.experiment} has ended`);
  }
  if (!isActive(operation)) throw fenced('the operation is over');
  const sameAttempt = presented.jobId === worker.jobId && presented.attempt === worker.attempt;
  if (presented.tokenSha256 === worker.plannedTokenSha256) {
    return admitPlannedToken(worker, presented, sameAttempt);
  }
  if (!worker.tokenSha256s.includes(presented.tokenSha256))
    throw fenced('its token is not the newest');
  if (!sameAttempt) throw fenced('its token belongs to another attempt');
  return admitSequence(worker, presented.sequence);
};

const admitPlannedToken = (
  worker: Worker,
  presented: Presentation,
  sameAttempt: boolean,
): Admission => {
  if (sameAttempt) {
    if (presented.sequence === 1 && worker.sequence === 1) return 'repeat';
    throw fenced('its first token is good for one exchange');
  }
  const older = presented.jobId === worker.jobId && presented.attempt < (worker.attempt ?? 0);
  if (older) throw fenced('a newer attempt of its job has started');
  if (presented.sequence !== 1) throw fenced('an attempt starts with sync 1');
  return 'new-lease';
};

const admitSequence = (worker: Worker, sequence: number): Admission => {
  if (sequence === worker.sequence) return 'repeat';
  if (sequence === worker.sequence + 1) return 'next';
  throw fenced(`sync ${sequence} does not follow sync ${worker.sequence}`);
};

const fenced = (why: string): DomainError =>
  new DomainError('worker-fenced', `this worker is not heard any more: ${why}`);

/** The worker after an accepted sync. `tokenSha256` is the token given in the answer, if one was. */
export const advance = (
  worker: Worker,
  admission: Admission,
  {
    presented,
    tokenSha256,
    dealing,
    runtimeSeconds,
    now,
  }: {
    readonly presented: Presentation;
    readonly tokenSha256: string | undefined;
    readonly dealing: Dealing;
    /** Seconds of training that the sync told of. */
    readonly runtimeSeconds: number;
    readonly now: Instant;
  },
): Worker => ({
  ...worker,
  status: 'working',
  lease: admission === 'new-lease' ? worker.lease + 1 : worker.lease,
  jobId: presented.jobId,
  attempt: presented.attempt,
  sequence: presented.sequence,
  tokenSha256s: rotated(worker, admission, tokenSha256),
  dealing,
  lastSyncAt: now,
  interrupted: presented.interrupted,
  interruptions: admission === 'new-lease' ? interruptionsOf(worker) : worker.interruptions,
  idleSince: isIdle(dealing) ? (worker.idleSince ?? now) : undefined,
  runtimeSeconds: worker.runtimeSeconds + runtimeSeconds,
});

/** A new token comes first; the one before it stays good until the next, as the answer may be lost. */
const rotated = (
  worker: Worker,
  admission: Admission,
  tokenSha256: string | undefined,
): readonly string[] => {
  if (tokenSha256 === undefined) return worker.tokenSha256s;
  if (admission === 'new-lease') return [tokenSha256];
  return [tokenSha256, ...worker.tokenSha256s.slice(0, 1)];
};
