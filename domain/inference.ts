import type { LeafConfig } from './config.ts';
import { dataErrorTypes } from './data-handle.ts';
import type { Refusal } from './domain-error.ts';
import type { MetricValue, RunError } from './run.ts';
import { maxFruitlessAttempts } from './run.ts';
import { shortenedError } from './shortened-error.ts';

/* A test or a prediction: one model, one partition, one worker. */

export const inferenceKinds = ['test', 'predict'] as const;
export type InferenceKind = (typeof inferenceKinds)[number];

/**
 * Which of a run's checkpoints is used: its `final` one, that of the `epoch` asked for, or the `newest`
 * of a run that did not complete.
 */
export const checkpointChoices = ['final', 'epoch', 'newest'] as const;
export type CheckpointChoice = (typeof checkpointChoices)[number];

/** A model as a run left it. */
export interface RunModel {
  readonly kind: 'run';
  readonly runId: number;
  readonly choice: CheckpointChoice;
  /** Finished epochs, then finished chunks of the next one. */
  readonly epoch: number;
  readonly chunk: number;
  /** `s3://` URI of the checkpoint's directory, ending in `/`. */
  readonly uri: string;
  readonly config: LeafConfig;
}

/** A model in a file that the user names. */
export interface TaggedModel {
  readonly kind: 'tag';
  /** `s3://` URI of the file. */
  readonly uri: string;
  readonly config: LeafConfig;
}

export type Model = RunModel | TaggedModel;

/** What a test or a prediction was asked to do, settled when it was accepted. */
export interface InferenceRequest {
  readonly kind: InferenceKind;
  readonly dataHandleId: string;
  readonly batchSize: number;
  readonly model: Model;
}

/** What a worker may find wrong that has a name. */
export const inferenceErrorTypes = [
  'invalid-model-tag',
  ...dataErrorTypes,
] as const satisfies readonly Refusal[];
type InferenceErrorType = (typeof inferenceErrorTypes)[number];

interface InferenceError extends Omit<RunError, 'errorType'> {
  readonly errorType?: InferenceErrorType | undefined;
}

/** The file of a prediction. */
export interface Predictions {
  readonly fileName: string;
  readonly uri: string;
  readonly rows: number;
  /** In the file's order, `id` first. */
  readonly columns: readonly string[];
}

/** Batches that are done, of how many. */
export interface BatchProgress {
  readonly done: number;
  readonly of: number;
}

export const inferenceStatuses = ['ongoing', 'completed', 'failed'] as const;
export type InferenceStatus = (typeof inferenceStatuses)[number];

/** What a worker tells of its inference. */
export interface InferenceReport {
  readonly status: InferenceStatus;
  readonly progress: BatchProgress;
  readonly metrics?: Readonly<Record<string, MetricValue>> | undefined;
  readonly predictions?: Predictions | undefined;
  readonly error?: InferenceError | undefined;
}

/** A worker's inference as last heard. */
export interface Inference extends InferenceReport {
  /** The most batches that any attempt got done. */
  readonly furthest: number;
  /** The last attempts in a row that were lost before they got further than those before. */
  readonly fruitlessAttempts: number;
}

export const newInference: Inference = {
  status: 'ongoing',
  progress: { done: 0, of: 0 },
  furthest: 0,
  fruitlessAttempts: 0,
};

/** Whether there is an inference and nothing more to do about it. */
export const isOver = (inference: Inference | undefined): boolean =>
  inference !== undefined && inference.status !== 'ongoing';

/** Takes in what a worker tells; an inference that is over stays as it is. */
export const hearInference = (inference: Inference, report: InferenceReport): Inference => {
  if (inference.status !== 'ongoing') return inference;
  const gotFurther = report.progress.done > inference.furthest;
  return {
    ...report,
    error: report.error && shortenedError(report.error),
    furthest: Math.max(inference.furthest, report.progress.done),
    fruitlessAttempts: gotFurther ? 0 : inference.fruitlessAttempts,
  };
};

/** The attempt that worked on it is lost: the next one starts anew, unless that is hopeless. */
export const loseInference = (inference: Inference, reason: string): Inference => {
  if (inference.status !== 'ongoing') return inference;
  const fruitlessAttempts = inference.fruitlessAttempts + 1;
  const lost: Inference = { ...inference, fruitlessAttempts };
  if (fruitlessAttempts < maxFruitlessAttempts) return lost;
  const often = `its worker was lost ${fruitlessAttempts} times in a row before it got any further`;
  return failInference(lost, `${often}; the last time: ${reason}`);
};

/** Ends an ongoing inference with an error. */
export const failInference = (inference: Inference, message: string): Inference =>
  inference.status === 'ongoing'
    ? { ...inference, status: 'failed', error: { message } }
    : inference;
