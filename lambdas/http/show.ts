import type { ControlResource } from '../../contract/control-routes.ts';
import type {
  DataHandleResource,
  ExperimentResource,
  FitPlanResource,
  OperationResource,
  ResultResource,
  RunResource,
} from '../../contract/resources.ts';
import type { ControlEntry } from '../../domain/control.ts';
import { costUsd, secondsPerHour } from '../../domain/cost.ts';
import type { DataHandle } from '../../domain/data-handle.ts';
import type { Experiment } from '../../domain/experiment.ts';
import { gpuUtilization } from '../../domain/gpu-use.ts';
import type { Inference, Model } from '../../domain/inference.ts';
import type { Operation, OperationRequest } from '../../domain/operation.ts';
import type { EpochResult, Run } from '../../domain/run.ts';
import { shownConfig } from '../../domain/secrets.ts';
import type { Bracket } from '../../domain/sha.ts';
import { rungsOf } from '../../domain/sha.ts';
import { experimentPrefix } from '../../domain/storage-layout.ts';
import { samplesPerSecond } from '../../domain/time-use.ts';
import type { JobNote } from '../../domain/worker-ports.ts';

/* Entities as HTTP shows them: what is inside stays inside. Undefined members vanish in JSON. */

export const showExperiment = (experiment: Experiment, bucket: string): ExperimentResource => ({
  name: experiment.experiment,
  requestedName: experiment.requestedName,
  workspace: experiment.workspace,
  status: experiment.status,
  endedBy: experiment.endedBy,
  mlSpec: experiment.mlSpec,
  epochCheckpoints: experiment.epochCheckpoints,
  createdAt: experiment.createdAt,
  endedAt: experiment.endedAt,
  activeOperation: experiment.activeOperation,
  storageUri: `s3://${bucket}/${experimentPrefix(experiment)}`,
});

export const showOperation = (
  operation: Operation,
  jobNotes: readonly JobNote[] = [],
  inference?: Inference,
): OperationResource => ({
  operation: operation.operation,
  kind: operation.request.kind,
  status: operation.status,
  createdAt: operation.createdAt,
  startedAt: operation.startedAt,
  endedAt: operation.endedAt,
  plan: operation.plan,
  ...showRequest(operation.request),
  budget: showBudget(operation),
  progress: inference?.progress ?? operation.progress,
  metrics: operation.metrics,
  predictions: operation.predictions && {
    ...operation.predictions,
    columns: [...operation.predictions.columns],
  },
  jobs: jobNotes.map(({ worker, jobId, status, reason, attempts, at }) => ({
    worker,
    jobId,
    status,
    reason,
    attempts,
    at,
  })),
  error: operation.error,
  errorType: operation.errorType,
  traceback: operation.traceback,
});

const showRequest = (request: OperationRequest): Partial<OperationResource> => {
  switch (request.kind) {
    case 'fit': {
      const { dataHandleId, executor, maxWorkers, firstRunId, runCount, brackets } = request;
      const halved = brackets?.map(showBracket);
      return { dataHandleId, executor, maxWorkers, firstRunId, runCount, brackets: halved };
    }
    case 'test':
    case 'predict': {
      const { dataHandleId, batchSize, model } = request;
      return { dataHandleId, batchSize, model: showModel(model) };
    }
    case 'download':
      return { dataHandleId: request.dataHandleId };
    case 'end':
      return { artifactsUri: request.artifactsUri };
  }
};

const showBudget = ({ request, usedUpAt }: Operation): OperationResource['budget'] => {
  if (request.kind !== 'fit' || !request.budget) return undefined;
  const { gpuSeconds, usd } = request.budget;
  return { gpuHours: gpuSeconds / secondsPerHour, usd, usedUpAt };
};

export const showBracket = (bracket: Bracket): FitPlanResource['brackets'][number] => {
  const { firstRunId, runCount, metric, mode, eta, maxEpochs } = bracket;
  return { firstRunId, runCount, metric, mode, eta, rungs: [...rungsOf(bracket)], maxEpochs };
};

const showModel = (model: Model): NonNullable<OperationResource['model']> => {
  if (model.kind === 'tag') return { modelTag: model.uri };
  const { runId, choice, epoch, chunk, uri: checkpointUri } = model;
  return { runId, choice, epoch, chunk, checkpointUri };
};

export const showDataHandle = (handle: DataHandle): DataHandleResource => ({
  dataHandleId: handle.dataHandleId,
  status: handle.status,
  locators: handle.spec.locators,
  downloadColumns: [...handle.spec.downloadColumns],
  fraction: handle.spec.fraction,
  seed: handle.spec.seed,
  createdAt: handle.createdAt,
  rows: handle.rows,
  manifestSha256: handle.manifestSha256,
  error: handle.error,
  errorType: handle.errorType,
});

/** What a run is shown with that is not its own. */
export interface RunShowing {
  readonly bucket: string;
  readonly gpuHourUsd: number;
}

export const showRun = (run: Run, { bucket, gpuHourUsd }: RunShowing): RunResource => ({
  runId: run.runId,
  operation: run.operation,
  dataHandleId: run.dataHandleId,
  status: run.status,
  source: run.source,
  clonedFrom: run.clonedFrom,
  warmStarted: run.warmStarted,
  mlflowRunId: run.mlflowRunId,
  endedBy: run.endedBy,
  completedEpochs: run.completedEpochs,
  progress: run.progress,
  rung: run.rung,
  checkpointUri: run.checkpoint && `s3://${bucket}/${run.checkpoint.prefix}`,
  config: shownConfig(run.config),
  attempts: run.attempts,
  interruptions: run.interruptions ?? 0,
  createdAt: run.createdAt,
  startedAt: run.startedAt,
  endedAt: run.endedAt,
  runtimeSeconds: run.runtimeSeconds,
  loadingSeconds: run.timeUse?.loadingSeconds,
  swappingSeconds: run.timeUse?.swappingSeconds,
  checkpointingSeconds: run.timeUse?.checkpointingSeconds,
  samplesPerSecond: samplesPerSecond(run.timeUse),
  gpuUtilization: gpuUtilization(run.gpu),
  gpuPeakMemoryBytes: run.gpu?.peakMemoryBytes,
  costUsd: costUsd(run, gpuHourUsd),
  fusedWithin: run.fusedWithin,
  error: run.error,
});

export const showResult = ({ runId, epoch, trainLoss, metrics }: EpochResult): ResultResource => ({
  runId,
  epoch,
  trainLoss,
  metrics,
});

export const showControl = (entry: ControlEntry): ControlResource => ({
  at: entry.at,
  by: entry.by,
  op: entry.op,
  runId: entry.runId,
  asked: entry.asked,
  made: entry.made && [...entry.made],
  outcome: entry.outcome,
  refusal: entry.refusal,
  detail: entry.detail,
});
