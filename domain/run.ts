import type { LeafConfig } from './config.ts';
import type { DataErrorType } from './data-handle.ts';
import type { ExperimentKey } from './experiment.ts';
import type { GpuUse } from './gpu-use.ts';
import { addGpuUse } from './gpu-use.ts';
import type { Instant } from './instant.ts';
import { shortenedError } from './shortened-error.ts';
import type { TimeUse } from './time-use.ts';
import { addTimeUse } from './time-use.ts';

export const runStatuses = ['new', 'ongoing', 'stopped', 'completed', 'failed', 'deleted'] as const;
export type RunStatus = (typeof runStatuses)[number];

export const runSources = ['initial', 'sha', 'interactive-control'] as const;
export type RunSource = (typeof runSources)[number];

export const runEndings = [
  'epochs-completed',
  'sha',
  'interactive-control',
  'cancelled',
  'superseded',
  'budget',
  'error',
] as const;
export type RunEnding = (typeof runEndings)[number];

export interface RunKey extends ExperimentKey {
  readonly runId: number;
}

/** A published checkpoint: a directory in S3 that is whole, and the place in training it was taken at. */
export interface Checkpoint {
  /** Key prefix within the bucket, ending in `/`. */
  readonly prefix: string;
  /** Finished epochs, then finished chunks of the next one (0 at an epoch's end). */
  readonly epoch: number;
  readonly chunk: number;
}

/** The checkpoint of a whole epoch, kept for good; only experiments that ask for it keep these. */
export interface EpochCheckpoint {
  readonly runId: number;
  readonly epoch: number;
  readonly prefix: string;
}

/** Where a run stands inside the epoch it trains. */
export interface Progress {
  readonly epoch: number;
  readonly chunk: number;
  readonly chunks: number;
  /** Over the finished chunks. */
  readonly trainLoss?: MetricValue | undefined;
}

/** Why a run failed: one sentence, the Python traceback when the user's code raised, and the error's name if the data are at fault. */
export interface RunError {
  readonly message: string;
  readonly traceback?: string | undefined;
  readonly errorType?: DataErrorType | undefined;
}

/** Where a warm clone starts: at a checkpoint of its parent, of which its engine is told once it is known. */
export interface WarmStart {
  /** Which of the parent's branches, from 0; left out where the checkpoint was known from the start. */
  readonly branch?: number | undefined;
  /** The checkpoint's directory, when it is known. */
  readonly prefix?: string | undefined;
  /** Whether it trains on the parent's data, so that it takes them up where the parent stood. */
  readonly onSameData: boolean;
}

/** Checkpoints of a run that its engine was asked for, or that were there; they are kept for its clones. */
export interface Branches {
  readonly asked: number;
  /** The directories of the first of them, as they were published. */
  readonly given: readonly string[];
}

/** One leaf config being trained. */
export interface Run extends RunKey {
  readonly operation: number;
  readonly dataHandleId: string;
  readonly worker: number;
  readonly config: LeafConfig;
  /** What it is trained with, if that is not its fit's seed: it began in an earlier fit. */
  readonly seed?: number | undefined;
  readonly status: RunStatus;
  readonly source: RunSource;
  /** For a clone: its parent, and whether it started from the parent's weights. */
  readonly clonedFrom?: number | undefined;
  readonly warmStarted?: boolean | undefined;
  /** Of a warm clone: where it starts. */
  readonly start?: WarmStart | undefined;
  /** Of a parent: the checkpoints that warm clones start from. */
  readonly branches?: Branches | undefined;
  readonly mlflowRunId?: string | undefined;
  readonly endedBy?: RunEnding | undefined;
  readonly completedEpochs: number;
  readonly progress?: Progress | undefined;
  readonly checkpoint?: Checkpoint | undefined;
  /** The epoch after which it waits for its bracket, while it takes part in a SHA. */
  readonly rung?: number | undefined;
  /** Worker attempts that trained it. */
  readonly attempts: number;
  /** Of those, how many ended because their machine was taken away. */
  readonly interruptions?: number | undefined;
  /** Of the attempts, the last ones in a row that were lost before the run got any further. */
  readonly fruitlessAttempts: number;
  readonly createdAt: Instant;
  readonly startedAt?: Instant | undefined;
  readonly endedAt?: Instant | undefined;
  /** Seconds that workers spent on it, over all attempts, and what became of them. */
  readonly runtimeSeconds: number;
  readonly timeUse?: TimeUse | undefined;
  /** Of the GPU, over all attempts; on a CPU there is nothing to measure. */
  readonly gpu?: GpuUse | undefined;
  /** Of a run that was fused with others: within what a trial batch equalled that of the run alone. */
  readonly fusedWithin?: number | undefined;
  readonly error?: RunError | undefined;
}

/** A metric's value as it travels; JSON has no word for the three that are not finite. */
export type MetricValue = number | 'NaN' | 'Infinity' | '-Infinity';

/** What one finished epoch of a run measured. Trained again after a fault, it replaces its row. */
export interface EpochResult {
  readonly runId: number;
  readonly epoch: number;
  readonly trainLoss: MetricValue;
  /** Validation metrics by column name, `val_loss` first; empty without a validation partition. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
}

const open: Record<RunStatus, boolean> = {
  new: true,
  ongoing: true,
  stopped: false,
  completed: false,
  failed: false,
  deleted: false,
};

/** Whether the run still wants training, so that its fit is not over. */
export const isOpen = (run: { readonly status: RunStatus }): boolean => open[run.status];

/**
 * The error of a fit's runs when the data are at fault in all of them: they share their data, so one
 * tells of all.
 */
export const sharedDataError = (runs: readonly Run[]): RunError | undefined => {
  const error = runs[0]?.error;
  if (error?.errorType === undefined) return undefined;
  return runs.every((run) => run.error?.errorType === error.errorType) ? error : undefined;
};

/** Worker attempts a run may lose in a row without getting any further before it fails. */
export const maxFruitlessAttempts = 3;

/** Lost once more without getting any further, it fails: other runs must not be lost with it. */
export const isDealtAlone = ({ fruitlessAttempts }: Pick<Run, 'fruitlessAttempts'>): boolean =>
  fruitlessAttempts === maxFruitlessAttempts - 1;

/**
 * The runs to deal of those that wait: up to the first that is to be dealt alone, or that one alone.
 */
export const dealtTogether = (waiting: readonly Run[]): readonly Run[] => {
  const alone = waiting.findIndex(isDealtAlone);
  return alone < 0 ? waiting : waiting.slice(0, Math.max(alone, 1));
};

/** What a worker tells of a run it trains. */
export interface RunReport {
  readonly runId: number;
  readonly status: 'ongoing' | 'stopped' | 'completed' | 'failed';
  readonly completedEpochs: number;
  readonly progress?: Progress | undefined;
  readonly checkpoint?: Checkpoint | undefined;
  /** Published because clones were made of the run; its engine leaves it in place. */
  readonly branch?: Checkpoint | undefined;
  readonly runtimeSeconds: number;
  readonly timeUse?: TimeUse | undefined;
  readonly gpu?: GpuUse | undefined;
  readonly fusedWithin?: number | undefined;
  readonly error?: RunError | undefined;
}

interface HowTold {
  readonly now: Instant;
  readonly stoppedBy: RunEnding | undefined;
}

/**
 * Takes in what a worker tells of a run. A run that is no longer open stays as it is: what a worker says
 * of it comes too late, but for what clones wait for. A small run may be told of first when it is already over; it was ongoing between.
 * `stoppedBy` is why a run is stopped; without a reason it was stopped by an order that was taken back
 * meanwhile, and is dealt again.
 */
export const applyReport = (run: Run, report: RunReport, how: HowTold): Run => {
  const branches = branchesAfter(run, report);
  return isOpen(run) ? { ...applyToOpen(run, report, how), branches } : withBranches(run, branches);
};

const withBranches = (run: Run, branches: Branches | undefined): Run =>
  branches === run.branches ? run : { ...run, branches };

const applyToOpen = (run: Run, report: RunReport, { now, stoppedBy }: HowTold): Run => {
  const status = statusToldBy(report, stoppedBy);
  const endedBy = {
    ongoing: undefined,
    stopped: stoppedBy,
    completed: 'epochs-completed',
    failed: 'error',
  } as const satisfies Record<RunReport['status'], RunEnding | undefined>;
  return {
    ...run,
    status,
    endedBy: endedBy[status],
    completedEpochs: Math.max(run.completedEpochs, report.completedEpochs),
    progress: report.progress ?? run.progress,
    checkpoint: report.checkpoint ?? run.checkpoint,
    rung: status === 'ongoing' ? run.rung : undefined,
    attempts: run.status === 'new' ? run.attempts + 1 : run.attempts,
    fruitlessAttempts: gotFurther(run, report) ? 0 : run.fruitlessAttempts,
    startedAt: run.startedAt ?? now,
    endedAt: status === 'ongoing' ? undefined : now,
    runtimeSeconds: run.runtimeSeconds + report.runtimeSeconds,
    timeUse: addTimeUse(run.timeUse, report.timeUse),
    gpu: addGpuUse(run.gpu, report.gpu),
    fusedWithin: report.fusedWithin ?? run.fusedWithin,
    error: report.error && shortenedError(report.error),
  };
};

/** What was asked for is given, the same for all who asked meanwhile. */
const branchesAfter = ({ branches }: Run, { branch }: RunReport): Branches | undefined => {
  if (!branches || !branch || branches.given.length === branches.asked) return branches;
  const missing = branches.asked - branches.given.length;
  return { ...branches, given: [...branches.given, ...Array(missing).fill(branch.prefix)] };
};

/** Whether it is not yet known where a clone starts. */
export const awaitsStart = ({ start, checkpoint }: Run): boolean =>
  start !== undefined && start.prefix === undefined && checkpoint === undefined;

/** Whether clones may still have to read the run's newest checkpoint. */
export const isKeptForClones = ({ checkpoint, branches }: Run): boolean =>
  checkpoint !== undefined && (branches?.given.includes(checkpoint.prefix) ?? false);

const statusToldBy = ({ status }: RunReport, stoppedBy: RunEnding | undefined) =>
  status === 'stopped' && stoppedBy === undefined ? 'ongoing' : status;

const gotFurther = (run: Run, report: RunReport): boolean =>
  report.completedEpochs > run.completedEpochs ||
  (report.checkpoint !== undefined && isLater(report.checkpoint, run.checkpoint));

const isLater = (a: Checkpoint, b: Checkpoint | undefined): boolean =>
  b === undefined || a.epoch > b.epoch || (a.epoch === b.epoch && a.chunk > b.chunk);

/** The worker that trained this run is lost: it goes on from its checkpoint, unless it was lost too often. */
export const loseWorker = (run: Run, reason: string, now: Instant): Run => {
  if (run.status !== 'ongoing') return run;
  const fruitlessAttempts = run.fruitlessAttempts + 1;
  if (fruitlessAttempts < maxFruitlessAttempts) {
    return { ...run, fruitlessAttempts, attempts: run.attempts + 1 };
  }
  return fail(
    { ...run, fruitlessAttempts },
    {
      message: `Its worker was lost ${fruitlessAttempts} times in a row before the run got any further; the last time: ${reason}`,
    },
    now,
  );
};

/** The machine of its worker was taken away: it goes on from its checkpoint, however often. */
export const interrupt = (run: Run): Run =>
  run.status === 'ongoing'
    ? { ...run, interruptions: (run.interruptions ?? 0) + 1, attempts: run.attempts + 1 }
    : run;

/** Ends an open run with an error. */
export const fail = (run: Run, error: RunError, now: Instant): Run =>
  isOpen(run)
    ? { ...run, status: 'failed', endedBy: 'error', endedAt: now, error, rung: undefined }
    : run;

/** Cuts an open run short; it keeps its checkpoint and its metrics. */
export const cutShort = (run: Run, endedBy: RunEnding, now: Instant): Run =>
  isOpen(run) ? { ...run, status: 'stopped', endedBy, endedAt: now, rung: undefined } : run;
