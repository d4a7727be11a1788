import type { Clock } from '../../domain/instant.ts';
import type {
  ArtifactStore,
  DataHandleStore,
  Entropy,
  ExperimentStore,
  OperationStore,
  ResultStore,
  RunStore,
  SavedArtifacts,
} from '../../domain/ports.ts';
import type { RungStore, WorkerStore } from '../../domain/worker-ports.ts';

/** What the steps of a workflow need from the world; each names the ones it does. */
export interface WorkflowPorts {
  readonly experiments: ExperimentStore;
  readonly operations: OperationStore;
  readonly runs: RunStore;
  readonly results: ResultStore;
  readonly rungs: RungStore;
  readonly workers: WorkerStore;
  readonly dataHandles: DataHandleStore;
  readonly artifacts: ArtifactStore;
  readonly savedArtifacts: SavedArtifacts;
  readonly clock: Clock;
  readonly entropy: Entropy;
}
