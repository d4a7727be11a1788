import type { Budget } from './budget.ts';
import type { Refusal } from './domain-error.ts';
import type { ExperimentKey } from './experiment.ts';
import type { InferenceRequest, Predictions } from './inference.ts';
import { inferenceKinds } from './inference.ts';
import type { Instant } from './instant.ts';
import type { MetricValue, RunEnding } from './run.ts';
import type { Bracket } from './sha.ts';

export const operationKinds = ['fit', ...inferenceKinds, 'download', 'end'] as const;
export type OperationKind = (typeof operationKinds)[number];

/** `pending` until its workers are planned; `cancelling` until its workers are gone. */
export const operationStatuses = [
  'pending',
  'running',
  'cancelling',
  'completed',
  'cancelled',
  'failed',
] as const;
export type OperationStatus = (typeof operationStatuses)[number];

export interface OperationKey extends ExperimentKey {
  readonly operation: number;
}

/**
 * How a worker trains its runs: one after the other, a chunk of each in turn, or those of equal shape as
 * one; `auto` fuses what ends as it would alone but for rounding, and lets the rest take turns.
 */
export const executors = ['auto', 'single', 'interleaved', 'fused'] as const;
export type Executor = (typeof executors)[number];

/** What a fit was asked to do, settled when it was accepted. */
export interface FitRequest {
  readonly kind: 'fit';
  readonly dataHandleId: string;
  readonly seed: number;
  /** Chunks per epoch; the engine picks the number when left out. */
  readonly numChunks?: number | undefined;
  readonly executor: Executor;
  /** Workers it may have at once. */
  readonly maxWorkers: number;
  /** A chunk that takes longer is taken for hung: its run fails, its worker is started anew. */
  readonly chunkTimeoutSeconds: number;
  /** Of the file of leaf configs in S3. */
  readonly configsSha256: string;
  /** The first run ID and how many. */
  readonly firstRunId: number;
  readonly runCount: number;
  /** Those of the runs that a SHA halves. */
  readonly brackets?: readonly Bracket[] | undefined;
  readonly budget?: Budget | undefined;
}

export interface DownloadRequest {
  readonly kind: 'download';
  readonly dataHandleId: string;
}

export interface EndRequest {
  readonly kind: 'end';
  /** `s3://bucket/prefix/NAME/` under which the artifacts are saved. */
  readonly artifactsUri: string;
  readonly saveEpochCheckpoints: boolean;
}

export type OperationRequest = FitRequest | InferenceRequest | DownloadRequest | EndRequest;

/** How far an operation is. */
export interface Progress {
  readonly done: number;
  readonly of: number;
}

/** How the runs were dealt to workers, and why. */
export interface OperationPlan {
  readonly workers: number;
  readonly runsPerWorker: number;
  readonly reason: string;
}

/** One run_fit, run_test, run_predict, download or end. At most one is active per experiment. */
export interface Operation extends OperationKey {
  readonly request: OperationRequest;
  readonly status: OperationStatus;
  readonly createdAt: Instant;
  readonly startedAt?: Instant | undefined;
  readonly endedAt?: Instant | undefined;
  /** About when somebody last looked at it or steered it. */
  readonly watchedAt?: Instant | undefined;
  readonly plan?: OperationPlan | undefined;
  /** When its budget was used up. */
  readonly usedUpAt?: Instant | undefined;
  /** Step Functions executions this operation took; above 1 only when one was lost. */
  readonly executions: number;
  /** Counts what control ops added to a fit: nobody replaces the operation without knowing of all. */
  readonly additions: number;
  /** Workers that were added to those planned. */
  readonly addedWorkers: number;
  /** The lowest ID among the runs that it took over from earlier fits. */
  readonly takenOverFrom?: number | undefined;
  /** What a completed test measured, the loss first. */
  readonly metrics?: Readonly<Record<string, MetricValue>> | undefined;
  /** The file of a completed prediction. */
  readonly predictions?: Predictions | undefined;
  /** Of an end with artifacts: runs that are saved, of how many. */
  readonly progress?: Progress | undefined;
  readonly error?: string | undefined;
  /** What callers know the error by, if it is one that has a name; and the user's traceback. */
  readonly errorType?: Refusal | undefined;
  readonly traceback?: string | undefined;
}

/** A fit while it is active. */
export type ActiveFit = Operation & { readonly request: FitRequest };

const active: Record<OperationStatus, boolean> = {
  pending: true,
  running: true,
  cancelling: true,
  completed: false,
  cancelled: false,
  failed: false,
};

/** Whether the operation still holds its experiment's one place for active operations. */
export const isActive = (operation: { readonly status: OperationStatus }): boolean =>
  active[operation.status];

/** Why runs of the operation are cut short, when they are. */
export const cutShortBy = (
  operation: Pick<Operation, 'status' | 'usedUpAt'>,
): Extract<RunEnding, 'cancelled' | 'budget'> | undefined => {
  if (operation.status === 'cancelling' || !isActive(operation)) return 'cancelled';
  return operation.usedUpAt === undefined ? undefined : 'budget';
};

/** The brackets of an operation; only a fit has some. */
export const bracketsOf = ({ request }: Pick<Operation, 'request'>): readonly Bracket[] =>
  (request.kind === 'fit' && request.brackets) || [];

/** Whether the operation is a test or a prediction, which one worker does with one model. */
export const isInference = (request: OperationRequest): request is InferenceRequest =>
  request.kind === 'test' || request.kind === 'predict';
