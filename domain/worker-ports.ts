import type { ControlEntry } from './control.ts';
import type { DataHandle } from './data-handle.ts';
import type { Experiment, ExperimentKey } from './experiment.ts';
import type { Instant } from './instant.ts';
import type { Operation, OperationKey } from './operation.ts';
import type { Page, PageRequest } from './ports.ts';
import type { EpochResult, Run } from './run.ts';
import type { Rung, RungKey } from './rung.ts';
import type { Worker, WorkerKey } from './worker.ts';

/* What the use cases need of workers, and of what workers tell and wait for. See `ports.ts`. */

/** Everything one sync is judged by, read at once. */
export interface SyncContext {
  readonly worker: Worker;
  readonly experiment: Experiment;
  readonly operation: Operation;
  /** Those of the reported runs that exist. */
  readonly runs: readonly Run[];
}

export interface WorkerStore {
  find(key: WorkerKey): Promise<Worker | undefined>;
  /** With what AWS Batch last said of its job, in one read. */
  findWithNote(
    key: WorkerKey,
  ): Promise<{ readonly worker: Worker; readonly jobNote: JobNote | undefined } | undefined>;
  /** Worker, operation, experiment and the given runs (at most 50) in one read. */
  findForSync(key: WorkerKey, runIds: readonly number[]): Promise<SyncContext | undefined>;
  listByOperation(key: OperationKey): Promise<readonly Worker[]>;
  /** Writes planned workers; those that exist already stay as they are. */
  createMany(workers: readonly Worker[]): Promise<void>;
  /**
   * Replaces a worker that still has `expected`'s revision, and gives it the next one. Returns it as it is
   * written; `undefined` when another caller came first.
   */
  replace(worker: Worker, expected: Pick<Worker, 'revision'>): Promise<Worker | undefined>;
  /**
   * Replaces a worker with what goes with it, in a transaction: every run (at most 90) if its status is
   * still what `runs` says was read, and the data handle if there is one.
   */
  replaceWith(change: WorkerChange): Promise<Worker | undefined>;
}

/** A worker's change, and what changes at once with it or not at all. */
export interface WorkerChange {
  readonly worker: Worker;
  readonly expected: Pick<Worker, 'revision'>;
  readonly runs: readonly Change<Run>[];
  readonly dataHandle?: DataHandle | undefined;
}

/** What AWS Batch last said of a worker's job. */
export interface JobNote extends WorkerKey {
  readonly jobId: string;
  /** AWS Batch's word: SUBMITTED, PENDING, RUNNABLE, STARTING, RUNNING, SUCCEEDED or FAILED. */
  readonly status: string;
  readonly reason?: string | undefined;
  readonly attempts: number;
  readonly at: Instant;
}

export interface JobNoteStore {
  /** Keeps the newest note of each worker; an event that comes late changes nothing. */
  put(note: JobNote): Promise<void>;
  listByOperation(key: OperationKey): Promise<readonly JobNote[]>;
}

export interface RungStore {
  /** Results of the rung's epoch, of those of the runs that have some, in no order; any number of ids. */
  measured(key: RungKey, runIds: readonly number[]): Promise<readonly EpochResult[]>;
  find(key: RungKey): Promise<Rung | undefined>;
  /** Keeps what was decided, unless it was decided before. Returns what is kept. */
  keep(rung: Rung): Promise<Rung>;
}

/** Something as it was read, unless it is new, and as it is to be. */
export interface Change<T> {
  readonly before: T | undefined;
  readonly after: T;
}

/** What an accepted op changes, at once or not at all. */
export interface ControlChange {
  readonly runs: readonly Change<Run>[];
  /** The workers that have the runs, or are to have them; none while none is planned. */
  readonly workers: readonly Change<Worker>[];
  /** The fit, when it takes on what was not its own. */
  readonly fit?: { readonly before: Operation; readonly after: Operation } | undefined;
  /** The last run ID of the experiment, when new runs take the next ones. */
  readonly lastRunId?: { readonly before: number; readonly after: number } | undefined;
}

export interface ControlLog {
  /**
   * Keeps an accepted op and does it, in a transaction of at most 90 runs and workers. False when a run's
   * status, a worker or the fit changed since they were read, or the key accepted an op before.
   */
  accept(entry: ControlEntry, change: ControlChange, idempotencyKey?: string): Promise<boolean>;
  /** Keeps an op that was refused. */
  refuse(entry: ControlEntry): Promise<void>;
  /** The accepted op of an idempotency key. */
  findByIdempotencyKey(
    key: ExperimentKey,
    idempotencyKey: string,
  ): Promise<ControlEntry | undefined>;
  /** In the order of their moments. */
  list(key: ExperimentKey, page: PageRequest): Promise<Page<ControlEntry>>;
}
