import type { Clock } from '../../domain/instant.ts';
import type {
  ExperimentStore,
  JobQueue,
  OperationStore,
  ResultStore,
  RunStore,
  Workflows,
} from '../../domain/ports.ts';
import type { Tracker } from '../../domain/tracker.ts';
import type { JobNoteStore, WorkerStore } from '../../domain/worker-ports.ts';

/** What the answers to events and the sweeper need from the world. */
export interface EventPorts {
  readonly experiments: ExperimentStore;
  readonly operations: OperationStore;
  readonly workers: WorkerStore;
  readonly jobNotes: JobNoteStore;
  readonly jobQueue: JobQueue;
  readonly workflows: Workflows;
  readonly clock: Clock;
}

/** What mirroring runs to a tracking server needs from the world. */
export interface MirrorPorts {
  readonly experiments: Pick<ExperimentStore, 'find'>;
  readonly operations: Pick<OperationStore, 'find'>;
  readonly runs: Pick<RunStore, 'find' | 'noteMlflowRun' | 'touch'>;
  readonly results: Pick<ResultStore, 'listAfter'>;
  readonly tracker: Tracker;
  readonly clock: Clock;
}
