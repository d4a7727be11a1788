import type { Instant } from './instant.ts';
import type { EpochResult, RunKey } from './run.ts';

/* What mirroring needs of an experiment tracking server, which is MLflow. */

export const trackedStatuses = ['SCHEDULED', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED'] as const;
export type TrackedStatus = (typeof trackedStatuses)[number];

/** Runs that changed, and when the first of the changes was made. */
export interface RunChanges {
  readonly runs: readonly RunKey[];
  readonly since: Instant;
}

/** A run as the tracking server is to show it. */
export interface TrackedRun {
  /** The name of the server's experiment that holds it. */
  readonly experiment: string;
  /** What tells it from all others, whoever made it. */
  readonly identity: string;
  readonly name: string;
  readonly status: TrackedStatus;
  readonly startedAt: Instant;
  readonly endedAt?: Instant | undefined;
  readonly isDeleted: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** A run as the tracking server has it. */
export interface FoundRun
  extends Pick<TrackedRun, 'status' | 'endedAt' | 'isDeleted' | 'params' | 'tags'> {
  readonly id: string;
  /** The last epoch whose results it has, all at once; 0 without any. */
  readonly lastEpoch: number;
}

/** The server understood what was asked, and will not do it however often it is asked. */
export class TrackerRefusal extends Error {
  override readonly name = 'TrackerRefusal';
}

/**
 * A tracking server. Every method throws `TrackerRefusal` for what is in vain, and any other error while
 * the server is away, or does not let us in.
 */
export interface Tracker {
  find(id: string): Promise<FoundRun | undefined>;
  /** Finds a run that was made before, deleted ones too, by its identity. */
  findByIdentity(run: Pick<TrackedRun, 'experiment' | 'identity'>): Promise<FoundRun | undefined>;
  /** Makes a run, and its experiment if there is none; its params are still to be told. */
  create(run: TrackedRun): Promise<FoundRun>;
  tell(id: string, what: Pick<TrackedRun, 'params' | 'tags'>): Promise<void>;
  /** Adds the points of whole epochs, in order. */
  addEpochs(id: string, epochs: readonly EpochResult[]): Promise<void>;
  setStatus(id: string, status: Pick<TrackedRun, 'status' | 'endedAt'>): Promise<void>;
  delete(id: string): Promise<void>;
}
