import type { Clock } from '../../domain/instant.ts';
import type { ExperimentStore, JobQueue, OperationStore, Workflows } from '../../domain/ports.ts';
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
