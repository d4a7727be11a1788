import type { Dealing } from './dealing.ts';
import { nothingDealt } from './dealing.ts';
import type { Inference } from './inference.ts';
import type { Instant } from './instant.ts';
import { secondsBetween } from './instant.ts';
import type { OperationKey } from './operation.ts';

export interface WorkerKey extends OperationKey {
  readonly worker: number;
}

/** `planned` until an attempt presents its token, `gone` when its AWS Batch job is over and its runs are settled. */
export const workerStatuses = ['planned', 'working', 'gone'] as const;
export type WorkerStatus = (typeof workerStatuses)[number];

/**
 * One AWS Batch job that trains runs or does an inference. The lease counts the attempts that presented themselves: only the
 * newest one's syncs are accepted, an older one is fenced.
 */
export interface Worker extends WorkerKey {
  readonly status: WorkerStatus;
  /** Counts every change of the worker, so that none is made on a stale view of it. */
  readonly revision: number;
  readonly dealing: Dealing;
  /** SHA-256 of the token planned for the job's environment, good for one exchange per attempt. */
  readonly plannedTokenSha256: string;
  /** SHA-256 of the tokens the newest attempt may use: the one last given, and the one before it. */
  readonly tokenSha256s: readonly string[];
  readonly lease: number;
  readonly jobId?: string | undefined;
  readonly attempt?: number | undefined;
  /** The last sync accepted from this lease. */
  readonly sequence: number;
  readonly lastSyncAt?: Instant | undefined;
  /** The newest attempt said that its machine is being taken away. */
  readonly interrupted?: boolean | undefined;
  /** How many attempts before it were interrupted. */
  readonly interruptions?: number | undefined;
  /** Since when it has had nothing to train, while its runs wait at rungs. */
  readonly idleSince?: Instant | undefined;
  /** Seconds of training it told of, over all leases. */
  readonly runtimeSeconds: number;
  /** Of a test's or a prediction's worker: how far it got, and how it came out. */
  readonly inference?: Inference | undefined;
  /** AWS Batch jobs started for this worker so far, and the lease when the newest one was. */
  readonly jobs: number;
  readonly leaseAtJobStart: number;
  /** Step Functions executions started for it, if it was added to a fit; a planned one shares the operation's. */
  readonly executions?: number | undefined;
}

/** A worker that no job was started for yet. */
export const newWorker = (
  { workspace, experiment, operation, worker }: WorkerKey,
  runIds: readonly number[],
): Worker => ({
  workspace,
  experiment,
  operation,
  worker,
  status: 'planned',
  revision: 0,
  dealing: nothingDealt(runIds),
  plannedTokenSha256: '',
  tokenSha256s: [],
  lease: 0,
  sequence: 0,
  runtimeSeconds: 0,
  jobs: 0,
  leaseAtJobStart: 0,
});

/** Whether a control op added it to a fit whose workers were planned before. */
export const isAdded = ({ executions }: Worker): boolean => executions !== undefined;

/** AWS Batch jobs one worker may use up before its remaining runs fail; each of them retries by itself too. */
export const maxJobsPerWorker = 20;

/** All interruptions of a worker that is lost now, or is not. */
export const interruptionsOf = ({ interruptions = 0, interrupted = false }: Worker): number =>
  interruptions + (interrupted ? 1 : 0);

/** The index of a job queue, as a state machine looks it up: Spot hosts first, or On-Demand ones alone. */
export const queues = { spotFirst: 0, onDemand: 1 } as const;
export type Queue = (typeof queues)[keyof typeof queues];

/** Interruptions after which a worker's next job waits for a host that nobody takes away. */
export const interruptionsBeforeOnDemand = 3;

export const queueFor = ({ interruptions = 0 }: Pick<Worker, 'interruptions'>): Queue =>
  interruptions < interruptionsBeforeOnDemand ? queues.spotFirst : queues.onDemand;

/** Seconds without a sync after which a worker's host is taken for lost. */
export const leaseSeconds = 120;

/** Whether the worker was heard lately enough to be training. */
export const isAtWork = ({ status, lastSyncAt }: Worker, now: Instant): boolean =>
  status === 'working' &&
  lastSyncAt !== undefined &&
  secondsBetween(lastSyncAt, now) < leaseSeconds;

/** Seconds that an idle worker waits for runs of others that train, and for runs that nobody trains yet. */
const patienceSeconds = { atWork: 600, notAtWork: 30 } as const;

/**
 * Whether a worker with nothing to train waits for the runs that its own wait for. It holds a GPU that the
 * others may need to come so far, so it leaves soon when they are not at work, and at last anyway; it is
 * started again when there is something for it.
 */
export const isWorthWaiting = ({
  idleSeconds,
  areAtWork,
}: {
  readonly idleSeconds: number;
  readonly areAtWork: boolean;
}): boolean => idleSeconds < (areAtWork ? patienceSeconds.atWork : patienceSeconds.notAtWork);

/** Bounds of `secondsToNextLook`; a cancelled worker is gone within the longest. */
const look = { shortestSeconds: 10, longestSeconds: 300, shareOfWait: 0.1 } as const;

/**
 * Until the workflow looks again whether a worker without a job has something to train: a tenth of the
 * time it has waited. So looks are frequent at first and few in the end, as an execution's history is bounded.
 */
export const secondsToNextLook = (waitedSeconds: number): number => {
  const seconds = Math.round(look.shareOfWait * waitedSeconds);
  return Math.min(look.longestSeconds, Math.max(look.shortestSeconds, seconds));
};

const four = (n: number): string => String(n).padStart(4, '0');

/** The start of the names of every AWS Batch job of an operation. */
export const jobNamePrefix = (experimentId: string, operation: number): string =>
  `${experimentId}-${four(operation)}-`;

/** The name of a worker's AWS Batch jobs. */
export const jobName = (experimentId: string, { operation, worker }: WorkerKey): string =>
  jobNamePrefix(experimentId, operation) + four(worker);
