import type { Clock } from '../../domain/instant.ts';
import type {
  ArtifactStore,
  DataHandleStore,
  Entropy,
  ExperimentStore,
  Exports,
  JobNoteStore,
  JobQueue,
  MlSpecChecker,
  OperationStore,
  ResultStore,
  RunStore,
  TokenStore,
  Uploads,
  Workflows,
} from '../../domain/ports.ts';

/** Everything a use case over HTTP may need; each names the ones it does. */
export interface HttpPorts {
  readonly experiments: ExperimentStore;
  readonly operations: OperationStore;
  readonly runs: RunStore;
  readonly results: ResultStore;
  readonly dataHandles: DataHandleStore;
  readonly jobNotes: JobNoteStore;
  readonly tokens: TokenStore;
  readonly artifacts: ArtifactStore;
  /** The bucket's name, for those that only show where things lie. */
  readonly bucket: string;
  /** What an hour of a worker's GPU costs; 0 while no price is known. */
  readonly gpuHourUsd: number;
  readonly uploads: Uploads;
  readonly exports: Exports;
  readonly workflows: Workflows;
  readonly jobQueue: JobQueue;
  readonly mlSpecs: MlSpecChecker;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Workers an operation may have at once in a workspace. */
  readonly maxWorkers: number;
}
