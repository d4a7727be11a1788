import type { Clock } from '../../domain/instant.ts';
import type {
  ArtifactStore,
  AuditLog,
  CallQuota,
  CheckScope,
  DataHandleStore,
  Downloads,
  Entropy,
  EpochCheckpointStore,
  ExperimentStore,
  Exports,
  IdentityProvider,
  JobQueue,
  MlSpecChecker,
  OperationStore,
  ResultStore,
  RunStore,
  SecretKeeper,
  TokenStore,
  Uploads,
  Workflows,
} from '../../domain/ports.ts';
import type {
  OccurrenceStarter,
  OccurrenceStore,
  ScheduleStore,
  TemplateKeeper,
  Timetable,
} from '../../domain/schedule-ports.ts';
import type { ControlLog, JobNoteStore, WorkerStore } from '../../domain/worker-ports.ts';

/** Everything a use case over HTTP may need; each names the ones it does. */
export interface HttpPorts {
  readonly experiments: ExperimentStore;
  readonly operations: OperationStore;
  readonly runs: RunStore;
  readonly results: ResultStore;
  readonly epochCheckpoints: EpochCheckpointStore;
  readonly dataHandles: DataHandleStore;
  readonly jobNotes: JobNoteStore;
  readonly workers: WorkerStore;
  readonly controlLog: ControlLog;
  readonly tokens: TokenStore;
  /** Where the deployment has one. */
  readonly identityProvider: IdentityProvider | undefined;
  readonly quota: CallQuota;
  readonly auditLog: AuditLog;
  readonly artifacts: ArtifactStore;
  readonly secrets: SecretKeeper;
  /** The bucket's name, for those that only show where things lie. */
  readonly bucket: string;
  /** What an hour of a worker's GPU costs; 0 while no price is known. */
  readonly gpuHourUsd: number;
  readonly uploads: Uploads;
  readonly downloads: Downloads;
  readonly exports: Exports;
  readonly checkScope: CheckScope;
  readonly workflows: Workflows;
  readonly jobQueue: JobQueue;
  readonly mlSpecs: MlSpecChecker;
  readonly schedules: ScheduleStore;
  readonly occurrences: OccurrenceStore;
  readonly occurrenceStarter: OccurrenceStarter;
  readonly templates: TemplateKeeper;
  readonly timetable: Timetable;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Workers an operation may have at once in a workspace. */
  readonly maxWorkers: number;
}
