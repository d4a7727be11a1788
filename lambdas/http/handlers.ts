import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import {
  artifacts,
  bucket,
  checkScope,
  clock,
  controlLog,
  dataHandles,
  downloads,
  entropy,
  epochCheckpoints,
  experiments,
  exports,
  gpuHourUsd,
  jobNotes,
  jobQueue,
  maxWorkers,
  mlSpecs,
  operations,
  results,
  runs,
  secrets,
  tokens,
  uploads,
  workers,
  workflows,
} from '../../adapters/aws.ts';
import { authorize } from './authorize.ts';
import { cancelOperation } from './cancel-operation.ts';
import { cloneRun } from './clone-run.ts';
import { createDataHandle } from './create-data-handle.ts';
import { createExperiment } from './create-experiment.ts';
import { createFolderUpload } from './create-folder-upload.ts';
import { createUpload } from './create-upload.ts';
import { deleteRun } from './delete-run.ts';
import { endExperiment } from './end-experiment.ts';
import { exportResults } from './export-results.ts';
import { exportRuns } from './export-runs.ts';
import { extendRun } from './extend-run.ts';
import { getDataHandle } from './get-data-handle.ts';
import { getExperiment } from './get-experiment.ts';
import { getHealth } from './get-health.ts';
import { getOpenApi } from './get-open-api.ts';
import { getOperation } from './get-operation.ts';
import { getPredictions } from './get-predictions.ts';
import { getRun } from './get-run.ts';
import { listControlLog } from './list-control-log.ts';
import { listExperiments } from './list-experiments.ts';
import { listLogs } from './list-logs.ts';
import { listOperations } from './list-operations.ts';
import { listResults } from './list-results.ts';
import { listRuns } from './list-runs.ts';
import { http } from './middleware.ts';
import { resumeRun } from './resume-run.ts';
import { startFit } from './start-fit.ts';
import { startPrediction } from './start-prediction.ts';
import { startTest } from './start-test.ts';
import { stopRun } from './stop-run.ts';

/* The wiring: each use case with its ports over AWS. Every handler is bundled alone, so that it carries only what it uses. */

export const getHealthHandler = /* @__PURE__ */ http(getHealth, () => ({}));
export const getOpenApiHandler = /* @__PURE__ */ http(getOpenApi, () => ({}));

export const createExperimentHandler = /* @__PURE__ */ http(createExperiment, () => ({
  experiments: experiments(),
  artifacts: artifacts(),
  jobQueue: jobQueue(),
  mlSpecs: mlSpecs(),
  clock,
  entropy,
}));
export const listExperimentsHandler = /* @__PURE__ */ http(listExperiments, () => ({
  experiments: experiments(),
  bucket: bucket(),
}));
export const getExperimentHandler = /* @__PURE__ */ http(getExperiment, () => ({
  experiments: experiments(),
  bucket: bucket(),
}));
export const endExperimentHandler = /* @__PURE__ */ http(endExperiment, () => ({
  experiments: experiments(),
  operations: operations(),
  workflows: workflows(),
  clock,
}));

export const createDataHandleHandler = /* @__PURE__ */ http(createDataHandle, () => ({
  experiments: experiments(),
  operations: operations(),
  dataHandles: dataHandles(),
  workflows: workflows(),
  bucket: bucket(),
  checkScope,
  clock,
  entropy,
}));
export const getDataHandleHandler = /* @__PURE__ */ http(getDataHandle, () => ({
  experiments: experiments(),
  dataHandles: dataHandles(),
}));
export const createUploadHandler = /* @__PURE__ */ http(createUpload, () => ({
  artifacts: artifacts(),
  uploads: uploads(),
}));
export const createFolderUploadHandler = /* @__PURE__ */ http(createFolderUpload, () => ({
  artifacts: artifacts(),
  uploads: uploads(),
}));

export const startFitHandler = /* @__PURE__ */ http(startFit, () => ({
  experiments: experiments(),
  operations: operations(),
  runs: runs(),
  dataHandles: dataHandles(),
  artifacts: artifacts(),
  secrets: secrets(),
  workflows: workflows(),
  clock,
  entropy,
  maxWorkers: maxWorkers(),
  gpuHourUsd: gpuHourUsd(),
}));

const inferencePorts = () => ({
  experiments: experiments(),
  operations: operations(),
  dataHandles: dataHandles(),
  runs: runs(),
  epochCheckpoints: epochCheckpoints(),
  workflows: workflows(),
  secrets: secrets(),
  bucket: bucket(),
  clock,
  entropy,
});
export const startTestHandler = /* @__PURE__ */ http(startTest, inferencePorts);
export const startPredictionHandler = /* @__PURE__ */ http(startPrediction, inferencePorts);
export const getPredictionsHandler = /* @__PURE__ */ http(getPredictions, () => ({
  operations: operations(),
  downloads: downloads(),
}));

export const listOperationsHandler = /* @__PURE__ */ http(listOperations, () => ({
  experiments: experiments(),
  operations: operations(),
}));
export const getOperationHandler = /* @__PURE__ */ http(getOperation, () => ({
  operations: operations(),
  jobNotes: jobNotes(),
  workers: workers(),
  clock,
}));
export const cancelOperationHandler = /* @__PURE__ */ http(cancelOperation, () => ({
  experiments: experiments(),
  operations: operations(),
  jobQueue: jobQueue(),
}));

export const listRunsHandler = /* @__PURE__ */ http(listRuns, () => ({
  experiments: experiments(),
  operations: operations(),
  runs: runs(),
  bucket: bucket(),
  gpuHourUsd: gpuHourUsd(),
}));
export const getRunHandler = /* @__PURE__ */ http(getRun, () => ({
  runs: runs(),
  bucket: bucket(),
  gpuHourUsd: gpuHourUsd(),
}));
const controlPorts = () => ({
  experiments: experiments(),
  operations: operations(),
  runs: runs(),
  workers: workers(),
  controlLog: controlLog(),
  bucket: bucket(),
  gpuHourUsd: gpuHourUsd(),
  clock,
  entropy,
});
export const stopRunHandler = /* @__PURE__ */ http(stopRun, controlPorts);
const joinPorts = () => ({ ...controlPorts(), workflows: workflows() });
export const resumeRunHandler = /* @__PURE__ */ http(resumeRun, joinPorts);
export const extendRunHandler = /* @__PURE__ */ http(extendRun, joinPorts);
export const cloneRunHandler = /* @__PURE__ */ http(cloneRun, () => ({
  ...joinPorts(),
  epochCheckpoints: epochCheckpoints(),
  secrets: secrets(),
}));
export const deleteRunHandler = /* @__PURE__ */ http(deleteRun, controlPorts);
export const listControlLogHandler = /* @__PURE__ */ http(listControlLog, () => ({
  experiments: experiments(),
  controlLog: controlLog(),
}));

export const listResultsHandler = /* @__PURE__ */ http(listResults, () => ({
  experiments: experiments(),
  runs: runs(),
  results: results(),
}));
export const exportResultsHandler = /* @__PURE__ */ http(exportResults, () => ({
  experiments: experiments(),
  runs: runs(),
  results: results(),
  exports: exports(),
  entropy,
}));
export const exportRunsHandler = /* @__PURE__ */ http(exportRuns, () => ({
  experiments: experiments(),
  runs: runs(),
  gpuHourUsd: gpuHourUsd(),
  exports: exports(),
  entropy,
}));
export const listLogsHandler = /* @__PURE__ */ http(listLogs, () => ({
  experiments: experiments(),
  operations: operations(),
  runs: runs(),
  artifacts: artifacts(),
  clock,
}));

/** Answers the HTTP API's question whether a call may pass, and which workspace its token opens. */
export const authorizeHandler = async (
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerWithContextResult<{ workspace: string; label: string }>> => {
  const token = await authorize(event.headers?.['authorization'], { tokens: tokens() });
  return {
    isAuthorized: token !== undefined,
    context: { workspace: token?.workspace ?? '', label: token?.label ?? '' },
  };
};
