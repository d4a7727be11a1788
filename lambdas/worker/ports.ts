import type { Clock } from '../../domain/instant.ts';
import type {
  ArtifactStore,
  CredentialIssuer,
  DataHandleStore,
  Entropy,
  EpochCheckpointStore,
  OperationStore,
  ResultStore,
  RunStore,
} from '../../domain/ports.ts';
import type { RungStore, WorkerStore } from '../../domain/worker-ports.ts';

/** What a sync needs from the world. */
export interface WorkerPorts {
  readonly workers: WorkerStore;
  readonly operations: OperationStore;
  readonly runs: RunStore;
  readonly results: ResultStore;
  readonly rungs: RungStore;
  readonly epochCheckpoints: EpochCheckpointStore;
  readonly dataHandles: DataHandleStore;
  readonly artifacts: ArtifactStore;
  readonly credentials: CredentialIssuer;
  readonly clock: Clock;
  readonly entropy: Entropy;
}
