import type { Inference } from './inference.ts';
import type { Instant } from './instant.ts';
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
  readonly runIds: readonly number[];
  /** SHA-256 of the token planned for the job's environment, good for one exchange per attempt. */
  readonly plannedTokenSha256: string;
  /** SHA-256 of the tokens the newest attempt may use: the one last given, and the one before it. */
  readonly tokenSha256s: readonly string[];
  readonly lease: number;
  readonly jobId?: string | undefined;
  readonly attempt?: number | undefined;
  /** The last sync accepted from this lease. */
  readonly sequence: number;
  /** Which of `runIds` this lease was dealt: `count` of them from the start, the last answer's from `from` on. */
  readonly dealt: { readonly from: number; readonly count: number };
  readonly lastSyncAt?: Instant | undefined;
  /** Of a test's or a prediction's worker: how far it got, and how it came out. */
  readonly inference?: Inference | undefined;
  /** AWS Batch jobs started for this worker so far, and the lease when the newest one was. */
  readonly jobs: number;
  readonly leaseAtJobStart: number;
}

/** AWS Batch jobs one worker may use up before its remaining runs fail; each of them retries by itself too. */
export const maxJobsPerWorker = 20;

/** Seconds without a sync after which a worker's host is taken for lost. */
export const leaseSeconds = 120;

const four = (n: number): string => String(n).padStart(4, '0');

/** The start of the names of every AWS Batch job of an operation. */
export const jobNamePrefix = (experimentId: string, operation: number): string =>
  `${experimentId}-${four(operation)}-`;

/** The name of a worker's AWS Batch jobs. */
export const jobName = (experimentId: string, { operation, worker }: WorkerKey): string =>
  jobNamePrefix(experimentId, operation) + four(worker);
