import * as z from 'zod/mini';
import { dataErrorTypes, partitions } from '../domain/data-handle.ts';
import { inferenceErrorTypes, inferenceKinds, inferenceStatuses } from '../domain/inference.ts';
import { executors } from '../domain/operation.ts';
import { logLine } from './log-line.ts';
import { instant, locators, metricValue, runError, runId, runProgress } from './shapes.ts';

/*
 * What an engine and the control plane say to each other. The engine sends what is true, the answer is
 * what should be true. Syncs are numbered from 1 within a lease; one sent again with the same number has
 * no second effect and gets an equal answer.
 */

/** As many as a sort key of the table has digits for. */
const epochNumber = z.int().check(z.gte(1), z.lte(99_999));

/** Some thirty years; far below what the table takes for a number. */
const seconds = z.number().check(z.gte(0), z.lte(1_000_000_000));

const checkpoint = z.object({
  /** Key prefix in the bucket, ending in `/`. */
  prefix: z.string(),
  /** Finished epochs. */
  epoch: z.int().check(z.gte(0)),
  /** Finished chunks of the epoch after those; 0 at an epoch's end. */
  chunk: z.int().check(z.gte(0)),
});

/** In the order in which they are shown. */
const metrics = z.array(z.object({ name: z.string(), value: metricValue }));

const epochReport = z.object({
  epoch: epochNumber,
  trainLoss: metricValue,
  /** Validation metrics in column order, `val_loss` first. */
  metrics,
});

const reportedStatuses = ['ongoing', 'stopped', 'completed', 'failed'] as const;

const runReport = z.object({
  runId,
  status: z.enum(reportedStatuses),
  completedEpochs: z.int().check(z.gte(0)),
  progress: z.optional(runProgress),
  /** The newest published checkpoint, if it changed since the last accepted sync. */
  checkpoint: z.optional(checkpoint),
  /** Published because the answer said `branch`; it is left in place. */
  branch: z.optional(checkpoint),
  /** Epochs finished since the last accepted sync. */
  epochs: z.array(epochReport),
  /** Checkpoints of whole epochs, published since the last accepted sync and kept for good. */
  epochCheckpoints: z.optional(z.array(checkpoint)),
  /** Seconds that the worker spent on it since the last accepted sync. */
  runtimeSeconds: seconds,
  /** What became of that time, and the examples trained on in it. */
  timeUse: z.optional(
    z.object({
      examples: z.int().check(z.gte(0)),
      trainingSeconds: seconds,
      loadingSeconds: seconds,
      swappingSeconds: seconds,
      checkpointingSeconds: seconds,
    }),
  ),
  /** What was measured of the GPU in that time; left out without one. */
  gpu: z.optional(
    z.object({
      seconds,
      busySeconds: seconds,
      peakMemoryBytes: z.int().check(z.gte(0)),
    }),
  ),
  /** If it was fused with others so far: within what a trial batch equalled that of the run alone. */
  fusedWithin: z.optional(z.number().check(z.gte(0))),
  error: z.optional(runError),
});

const eachRunOnce = z.refine<readonly { readonly runId: number }[]>(
  (reports) => new Set(reports.map(({ runId: one }) => one)).size === reports.length,
  { error: 'must name each run once' },
);

const downloadReport = z.object({
  status: z.enum(['ready', 'failed']),
  rows: z.partialRecord(z.enum(partitions), z.int()),
  manifestSha256: z.optional(z.string()),
  /** One sentence that says what is wrong with the data and what to do. */
  error: z.optional(z.string()),
  errorType: z.optional(z.enum(dataErrorTypes)),
});

/** How far a test or a prediction is, or how it came out. */
const inferenceReport = z.object({
  status: z.enum(inferenceStatuses),
  /** Batches that are done, of how many. */
  progress: z.object({ done: z.int().check(z.gte(0)), of: z.int().check(z.gte(0)) }),
  /** Of a completed test, `test_loss` first. */
  metrics: z.optional(metrics),
  /** Of a completed prediction: its file's rows and columns, `id` first. */
  predictions: z.optional(
    z.object({ rows: z.int().check(z.gte(0)), columns: z.array(z.string()) }),
  ),
  error: z.optional(
    z.object({
      message: z.string(),
      traceback: z.optional(z.string()),
      errorType: z.optional(z.enum(inferenceErrorTypes)),
    }),
  ),
});

export const syncRequest = z.object({
  /** AWS_BATCH_JOB_ID and AWS_BATCH_JOB_ATTEMPT. */
  jobId: z.string().check(z.minLength(1), z.maxLength(128)),
  attempt: z.int().check(z.gte(1)),
  sequence: z.int().check(z.gte(1)),
  /** Asks for storage credentials: at the first sync and when those at hand run out within minutes. */
  needsCredentials: z.boolean(),
  /** How many more runs the worker can take on now; the answer's `train` holds no more. */
  room: z.int().check(z.gte(0), z.lte(100)),
  /** Runs that changed since the last accepted sync. */
  runs: z.array(runReport).check(z.maxLength(50), eachRunOnce),
  logs: z.array(logLine).check(z.maxLength(2000)),
  download: z.optional(downloadReport),
  inference: z.optional(inferenceReport),
  /** The machine is being taken away: what the worker holds goes on elsewhere, and no run is to blame. */
  interrupted: z.optional(z.boolean()),
});

const credentials = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
  expiresAt: instant,
});

/** What the whole worker is for; sent in answer to the first sync of an attempt. */
const assignment = z.object({
  kind: z.enum(['fit', 'download', ...inferenceKinds]),
  workspace: z.string(),
  experiment: z.string(),
  operation: z.int(),
  worker: z.int(),
  /** Counts the attempts of this worker; both are part of every checkpoint's prefix, so that a fenced one overwrites nothing. */
  lease: z.int(),
  bucket: z.string(),
  /** The experiment's key prefix, ending in `/`: `workspaces/{ws}/experiments/{name}/`. */
  prefix: z.string(),
  mlSpec: z.object({ key: z.string(), fileName: z.string(), sha256: z.string() }),
  epochCheckpoints: z.boolean(),
  dataHandle: z.object({
    dataHandleId: z.string(),
    locators,
    downloadColumns: z.array(z.string()),
    fraction: z.number(),
    seed: z.int(),
    /** Where the manifest lies, or, for a download, where it is to be written. */
    manifestKey: z.string(),
    manifestSha256: z.optional(z.string()),
  }),
  /** Only for a fit. */
  fit: z.optional(
    z.object({
      seed: z.int(),
      numChunks: z.optional(z.int()),
      executor: z.enum(executors),
      chunkTimeoutSeconds: z.number(),
      checkpointIntervalSeconds: z.number(),
    }),
  ),
  /** Only for a test or a prediction. */
  inference: z.optional(
    z.object({
      model: z.object({
        kind: z.enum(['run', 'tag']),
        /** Of a run: the checkpoint's directory, ending in `/`; of a tag: a file of the user's. */
        uri: z.string(),
        runId: z.optional(runId),
      }),
      /** As that of a run: `{"$secret": "name"}` stands for each secret. */
      config: z.record(z.string(), z.unknown()),
      secrets: z.optional(z.record(z.string(), z.string())),
      batchSize: z.int(),
      /** Where a prediction's file is to be written. */
      predictionsKey: z.optional(z.string()),
    }),
  ),
});

export const syncAnswer = z.object({
  sequence: z.int(),
  /** The token to use from the next sync on, when it changes. */
  token: z.optional(z.string()),
  credentials: z.optional(credentials),
  assignment: z.optional(assignment),
  /** Runs to take on, in the order to train them, each from its newest checkpoint or from the start. */
  train: z.array(
    z.object({
      runId,
      /** `{"$secret": "name"}` stands for each secret. */
      config: z.record(z.string(), z.unknown()),
      /** The values of the config's secrets by name. */
      secrets: z.optional(z.record(z.string(), z.string())),
      completedEpochs: z.int(),
      checkpoint: z.optional(checkpoint),
      /** In place of the fit's: the run began in another fit. */
      seed: z.optional(z.int()),
      /** A parent's checkpoint, whose weights it starts from while it has no checkpoint of its own. */
      warmStart: z.optional(z.object({ prefix: z.string(), onSameData: z.boolean() })),
      /** Clones start from `checkpoint`: it is to be left in place. */
      keepCheckpoint: z.optional(z.boolean()),
      /** Epochs after which to publish a checkpoint and let the run go, still ongoing. */
      untilEpoch: z.optional(z.int().check(z.gte(1))),
      /** Its workers were lost again and again: train nothing else until it has got further. */
      alone: z.optional(z.boolean()),
    }),
  ),
  /** More runs wait for this worker than `train` holds, or may come. */
  more: z.boolean(),
  /** Runs to stop at their next chunk boundary, with a checkpoint. */
  stop: z.array(runId),
  /** Runs to publish a checkpoint of at their next chunk boundary, for clones. */
  branch: z.array(runId),
  /** Runs to let go of without a checkpoint. */
  drop: z.array(runId),
  /** Stop everything with a checkpoint at the next chunk boundary, report, and leave. */
  exit: z.boolean(),
  /** When the next sync is due at the latest; 0 asks for it at once. */
  syncIntervalSeconds: z.number().check(z.gte(0)),
});

export type SyncRequest = z.infer<typeof syncRequest>;
export type SyncAnswer = z.infer<typeof syncAnswer>;
