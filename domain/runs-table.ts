import { costUsd } from './cost.ts';
import { gpuUtilization } from './gpu-use.ts';
import type { Run } from './run.ts';
import { shownConfig } from './secrets.ts';
import type { Table } from './table.ts';
import { column } from './table.ts';
import { samplesPerSecond } from './time-use.ts';

/** The columns of `get_runs_info`. */
export const runsTable = (runs: readonly Run[], gpuHourUsd: number): Table => [
  column(runs, 'run_id', 'integer', ({ runId }) => runId),
  column(runs, 'data_handle_id', 'text', ({ dataHandleId }) => dataHandleId),
  column(runs, 'status', 'text', ({ status }) => status),
  column(runs, 'source', 'text', ({ source }) => source),
  column(runs, 'ended_by', 'text', ({ endedBy }) => endedBy),
  column(runs, 'completed_epochs', 'integer', ({ completedEpochs }) => completedEpochs),
  column(runs, 'mlflow_run_id', 'text', ({ mlflowRunId }) => mlflowRunId),
  column(runs, 'config', 'text', ({ config }) => JSON.stringify(shownConfig(config))),
  column(runs, 'cloned_from', 'integer', ({ clonedFrom }) => clonedFrom),
  column(runs, 'warm_started', 'boolean', ({ warmStarted }) => warmStarted ?? false),
  column(runs, 'started_at', 'instant', ({ startedAt }) => startedAt),
  column(runs, 'runtime_s', 'number', ({ runtimeSeconds }) => runtimeSeconds),
  column(runs, 'gpu_utilization', 'number', ({ gpu }) => gpuUtilization(gpu)),
  column(runs, 'cost_usd', 'number', (run) => costUsd(run, gpuHourUsd)),
  column(runs, 'attempts', 'integer', ({ attempts }) => attempts),
  column(runs, 'interruptions', 'integer', ({ interruptions }) => interruptions ?? 0),
  column(runs, 'fused_within', 'number', ({ fusedWithin }) => fusedWithin),
  column(runs, 'error', 'text', ({ error }) => error?.traceback ?? error?.message),
  column(runs, 'gpu_memory_bytes', 'integer', ({ gpu }) => gpu?.peakMemoryBytes),
  column(runs, 'samples_per_s', 'number', ({ timeUse }) => samplesPerSecond(timeUse)),
  column(runs, 'loading_s', 'number', ({ timeUse }) => timeUse?.loadingSeconds),
  column(runs, 'swapping_s', 'number', ({ timeUse }) => timeUse?.swappingSeconds),
  column(runs, 'checkpointing_s', 'number', ({ timeUse }) => timeUse?.checkpointingSeconds),
];
