import type { Clock } from '../../domain/instant.ts';
import type {
  ArtifactStore,
  CredentialIssuer,
  DataHandleStore,
  Entropy,
  EpochCheckpointStore,
  ResultStore,
  RunStore,
  WorkerStore,
} from '../../domain/ports.ts';

/** What a sync needs from the world. */
export interface WorkerPorts {
  readonly workers: WorkerStore;
  readonly runs: RunStore;
  readonly results: ResultStore;
  readonly epochCheckpoints: EpochCheckpointStore;
  readonly dataHandles: DataHandleStore;
  readonly artifacts: ArtifactStore;
  readonly credentials: CredentialIssuer;
  readonly clock: Clock;
  readonly entropy: Entropy;
}
