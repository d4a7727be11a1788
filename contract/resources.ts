import * as z from 'zod/mini';
import { dataErrorTypes, dataHandleStatuses, partitions } from '../domain/data-handle.ts';
import { refusals } from '../domain/domain-error.ts';
import { experimentEndings, experimentStatuses } from '../domain/experiment.ts';
import { checkpointChoices } from '../domain/inference.ts';
import { executors, operationKinds, operationStatuses } from '../domain/operation.ts';
import { runEndings, runSources, runStatuses } from '../domain/run.ts';
import { modes } from '../domain/sha.ts';
import { logLine } from './log-line.ts';
import {
  experimentName,
  givenExperimentName,
  instant,
  locators,
  metricValue,
  runError,
  runId,
  runProgress,
} from './shapes.ts';

/* The resources as HTTP shows them. Members that do not apply are left out. */

export const experimentResource = z.object({
  name: givenExperimentName,
  requestedName: experimentName,
  workspace: z.string(),
  status: z.enum(experimentStatuses),
  endedBy: z.optional(z.enum(experimentEndings)),
  mlSpec: z.object({ fileName: z.string(), sha256: z.string() }),
  epochCheckpoints: z.boolean(),
  createdAt: instant,
  endedAt: z.optional(instant),
  activeOperation: z.optional(z.int()),
  /** `s3://` URI under which everything of the experiment lies. */
  storageUri: z.string(),
});

/** How the runs of a fit are dealt to workers, and why so. */
const planResource = z.object({ workers: z.int(), runsPerWorker: z.int(), reason: z.string() });

/** Runs that a SHA halves, from `firstRunId` on, and the epochs after which it does. */
const bracketResource = z.object({
  firstRunId: runId,
  runCount: z.int(),
  metric: z.string(),
  mode: z.enum(modes),
  eta: z.int(),
  rungs: z.array(z.int()),
  maxEpochs: z.int(),
});

const modelResource = z.union([
  z.object({
    runId,
    /** The run's `final` checkpoint, that of the `epoch` asked for, or the `newest` of a run that did not complete. */
    choice: z.enum(checkpointChoices),
    /** Finished epochs, and finished chunks of the next one. */
    epoch: z.int(),
    chunk: z.int(),
    checkpointUri: z.string(),
  }),
  z.object({ modelTag: z.string() }),
]);

export const operationResource = z.object({
  operation: z.int(),
  kind: z.enum(operationKinds),
  status: z.enum(operationStatuses),
  createdAt: instant,
  startedAt: z.optional(instant),
  endedAt: z.optional(instant),
  plan: z.optional(planResource),
  /** For a fit: its runs. */
  firstRunId: z.optional(runId),
  runCount: z.optional(z.int()),
  executor: z.optional(z.enum(executors)),
  /** Workers that the fit may have at once. */
  maxWorkers: z.optional(z.int()),
  dataHandleId: z.optional(z.string()),
  brackets: z.optional(z.array(bracketResource)),
  /** What the runs may train together, and since when that is used up. */
  budget: z.optional(
    z.object({
      gpuHours: z.number(),
      usd: z.optional(z.number()),
      usedUpAt: z.optional(instant),
    }),
  ),
  /** For a test or a prediction: the checkpoint it uses. */
  model: z.optional(modelResource),
  batchSize: z.optional(z.int()),
  /** Of a test or a prediction: batches that are done, of how many; only where it is shown alone. Of an end: runs that are saved. */
  progress: z.optional(z.object({ done: z.int(), of: z.int() })),
  /** What a completed test measured, `test_loss` first. */
  metrics: z.optional(z.record(z.string(), metricValue)),
  /** A completed prediction's file: CSV with `id`, then a column per output. */
  predictions: z.optional(
    z.object({
      fileName: z.string(),
      uri: z.string(),
      rows: z.int(),
      columns: z.array(z.string()),
    }),
  ),
  /** For an end with artifacts: where they lie. */
  artifactsUri: z.optional(z.string()),
  /** What AWS Batch last said of each worker's job; the wait for a machine shows here. */
  jobs: z.array(
    z.object({
      worker: z.int(),
      jobId: z.string(),
      status: z.string(),
      reason: z.optional(z.string()),
      attempts: z.int(),
      at: instant,
    }),
  ),
  error: z.optional(z.string()),
  /** The problem type that tells of the error, if it has one. */
  errorType: z.optional(z.enum(refusals)),
  /** The user's frames, when it was their code that failed. */
  traceback: z.optional(z.string()),
});

/** What a fit would do; nothing was started. */
export const fitPlanResource = z.object({
  runCount: z.int(),
  /** The leaf configs of the first 100 runs; `***` stands for every secret. */
  configs: z.array(z.record(z.string(), z.unknown())),
  brackets: z.array(bracketResource),
  plan: planResource,
  /** Training only; `null` where nothing is known to go by. */
  estimate: z.nullable(
    z.object({
      /** Of all workers together, and of the one that is done last. */
      gpuHours: z.number(),
      hours: z.number(),
      usd: z.optional(z.number()),
      /** What earlier runs took of a GPU: the share of the time it was busy, and most memory in use on it. */
      gpuUtilization: z.optional(z.number()),
      gpuPeakMemoryBytes: z.optional(z.int()),
    }),
  ),
  /** What the estimate goes by, or why there is none. */
  estimateReason: z.string(),
});

export const dataHandleResource = z.object({
  dataHandleId: z.string(),
  status: z.enum(dataHandleStatuses),
  locators,
  downloadColumns: z.array(z.string()),
  fraction: z.number(),
  seed: z.int(),
  createdAt: instant,
  rows: z.optional(z.partialRecord(z.enum(partitions), z.int())),
  manifestSha256: z.optional(z.string()),
  error: z.optional(z.string()),
  errorType: z.optional(z.enum(dataErrorTypes)),
});

export const runResource = z.object({
  runId,
  operation: z.int(),
  dataHandleId: z.string(),
  status: z.enum(runStatuses),
  source: z.enum(runSources),
  /** For a clone: its parent, and whether it started from the parent's weights. */
  clonedFrom: z.optional(runId),
  warmStarted: z.optional(z.boolean()),
  mlflowRunId: z.optional(z.string()),
  endedBy: z.optional(z.enum(runEndings)),
  completedEpochs: z.int(),
  progress: z.optional(runProgress),
  /** `s3://` URI of its newest published checkpoint. */
  checkpointUri: z.optional(z.string()),
  /** While it takes part in a SHA: the epoch after which it waits for the others of its bracket. */
  rung: z.optional(z.int()),
  /** `***` stands for every secret. */
  config: z.record(z.string(), z.unknown()),
  attempts: z.int(),
  /** How many of the attempts before ended because their machine was taken away. */
  interruptions: z.int(),
  createdAt: instant,
  startedAt: z.optional(instant),
  endedAt: z.optional(instant),
  /** Seconds that workers spent on it, over all attempts. */
  runtimeSeconds: z.number(),
  /** Of those, what was lost to data, code and model; to moving its state; to writing checkpoints. */
  loadingSeconds: z.optional(z.number()),
  swappingSeconds: z.optional(z.number()),
  checkpointingSeconds: z.optional(z.number()),
  /** Examples per second of training, validation left out. */
  samplesPerSecond: z.optional(z.number()),
  /** Mean share of the training time that the GPU was busy, from 0 to 1; left out without a GPU. */
  gpuUtilization: z.optional(z.number()),
  gpuPeakMemoryBytes: z.optional(z.int()),
  /** Its share of the worker's GPU hours; left out while the deployment names no price. */
  costUsd: z.optional(z.number()),
  /** Of a run that was fused with others: within what a trial batch equalled that of the run alone. */
  fusedWithin: z.optional(z.number()),
  error: z.optional(runError),
});

export const resultResource = z.object({
  runId,
  epoch: z.int(),
  trainLoss: metricValue,
  metrics: z.record(z.string(), metricValue),
});

export const logResource = z.extend(logLine, { operation: z.int(), worker: z.int() });

/** A page of resources; `nextCursor` is there while more may follow. */
export const page = <T extends z.ZodMiniType>(resource: T) =>
  z.object({ items: z.array(resource), nextCursor: z.optional(z.string()) });

export type ExperimentResource = z.infer<typeof experimentResource>;
export type FitPlanResource = z.infer<typeof fitPlanResource>;
export type OperationResource = z.infer<typeof operationResource>;
export type DataHandleResource = z.infer<typeof dataHandleResource>;
export type RunResource = z.infer<typeof runResource>;
export type LogResource = z.infer<typeof logResource>;
export type ResultResource = z.infer<typeof resultResource>;
