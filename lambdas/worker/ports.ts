import type { Clock } from '../../domain/instant.ts';
import type {
  ArtifactStore,
  CredentialIssuer,
  DataHandleStore,
  Entropy,
  OperationStore,
  ResultStore,
  RungStore,
  RunStore,
  WorkerStore,
} from '../../domain/ports.ts';

/** What a sync needs from the world. */
export interface WorkerPorts {
  readonly workers: WorkerStore;
  readonly operations: OperationStore;
  readonly runs: RunStore;
  readonly results: ResultStore;
  readonly rungs: RungStore;
  readonly dataHandles: DataHandleStore;
  readonly artifacts: ArtifactStore;
  readonly credentials: CredentialIssuer;
  readonly clock: Clock;
  readonly entropy: Entropy;
}
