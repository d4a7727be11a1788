import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerResult,
} from 'aws-lambda';
import {
  artifacts,
  auditLog,
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
  identityProvider,
  jobNotes,
  jobQueue,
  maxWorkers,
  mlSpecs,
  operations,
  quota,
  results,
  runs,
  secrets,
  tokens,
  uploads,
  workers,
  workflows,
} from '../../adapters/aws.ts';
import type { Route } from '../../contract/route.ts';
import type { UseCase } from '../use-case.ts';
import { authorize } from './authorize.ts';
import { cancelOperation } from './cancel-operation.ts';
import { cloneRun } from './clone-run.ts';
import { createDataHandle } from './create-data-handle.ts';
import { createExperiment } from './create-experiment.ts';
import { createFolderUpload } from './create-folder-upload.ts';
import { createToken } from './create-token.ts';
import { createUpload } from './create-upload.ts';
import { deleteRun } from './delete-run.ts';
import { endExperiment } from './end-experiment.ts';
import { exportAudit } from './export-audit.ts';
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
import { guard } from './guard.ts';
import { type CallerContext, contextOf } from './http-event.ts';
import { issueToken } from './issue-token.ts';
import { listAudit } from './list-audit.ts';
import { listControlLog } from './list-control-log.ts';
import { listExperiments } from './list-experiments.ts';
import { listLogs } from './list-logs.ts';
import { listOperations } from './list-operations.ts';
import { listResults } from './list-results.ts';
import { listRuns } from './list-runs.ts';
import { listTokens } from './list-tokens.ts';
import { http } from './middleware.ts';
import { resumeRun } from './resume-run.ts';
import { revokeToken } from './revoke-token.ts';
import { startFit } from './start-fit.ts';
import { startPrediction } from './start-prediction.ts';
import { startTest } from './start-test.ts';
import { stopRun } from './stop-run.ts';

/* The wiring: each use case with its ports over AWS. Every handler is bundled alone, so that it carries only what it uses. */

/** A route of users. */
export const user = <R extends Route, Ports>(useCase: UseCase<R, Ports>, ports: () => Ports) =>
  http(useCase, ports, [
    guard(useCase.route, () => ({ quota: quota(), auditLog: auditLog(), clock })),
  ]);

export const getHealthHandler = /* @__PURE__ */ http(getHealth, () => ({}));
export const getOpenApiHandler = /* @__PURE__ */ http(getOpenApi, () => ({}));

export const createExperimentHandler = /* @__PURE__ */ user(createExperiment, () => ({
  experiments: experiments(),
  artifacts: artifacts(),
  jobQueue: jobQueue(),
  mlSpecs: mlSpecs(),
  clock,
  entropy,
}));
export const listExperimentsHandler = /* @__PURE__ */ user(listExperiments, () => ({
  experiments: experiments(),
  bucket: bucket(),
}));
export const getExperimentHandler = /* @__PURE__ */ user(getExperiment, () => ({
  experiments: experiments(),
  bucket: bucket(),
}));
export const endExperimentHandler = /* @__PURE__ */ user(endExperiment, () => ({
  experiments: experiments(),
  operations: operations(),
  workflows: workflows(),
  bucket: bucket(),
  clock,
}));

export const createDataHandleHandler = /* @__PURE__ */ user(createDataHandle, () => ({
  experiments: experiments(),
  operations: operations(),
  dataHandles: dataHandles(),
  workflows: workflows(),
  bucket: bucket(),
  checkScope,
  clock,
  entropy,
}));
export const getDataHandleHandler = /* @__PURE__ */ user(getDataHandle, () => ({
  experiments: experiments(),
  dataHandles: dataHandles(),
}));
export const createUploadHandler = /* @__PURE__ */ user(createUpload, () => ({
  artifacts: artifacts(),
  uploads: uploads(),
}));
export const createFolderUploadHandler = /* @__PURE__ */ user(createFolderUpload, () => ({
  artifacts: artifacts(),
  uploads: uploads(),
}));

export const startFitHandler = /* @__PURE__ */ user(startFit, () => ({
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
export const startTestHandler = /* @__PURE__ */ user(startTest, inferencePorts);
export const startPredictionHandler = /* @__PURE__ */ user(startPrediction, inferencePorts);
export const getPredictionsHandler = /* @__PURE__ */ user(getPredictions, () => ({
  operations: operations(),
  downloads: downloads(),
}));

export const listOperationsHandler = /* @__PURE__ */ user(listOperations, () => ({
  experiments: experiments(),
  operations: operations(),
}));
export const getOperationHandler = /* @__PURE__ */ user(getOperation, () => ({
  operations: operations(),
  jobNotes: jobNotes(),
  workers: workers(),
  clock,
}));
export const cancelOperationHandler = /* @__PURE__ */ user(cancelOperation, () => ({
  experiments: experiments(),
  operations: operations(),
  jobQueue: jobQueue(),
}));

export const listRunsHandler = /* @__PURE__ */ user(listRuns, () => ({
  experiments: experiments(),
  operations: operations(),
  runs: runs(),
  bucket: bucket(),
  gpuHourUsd: gpuHourUsd(),
}));
export const getRunHandler = /* @__PURE__ */ user(getRun, () => ({
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
export const stopRunHandler = /* @__PURE__ */ user(stopRun, controlPorts);
const joinPorts = () => ({ ...controlPorts(), workflows: workflows() });
export const resumeRunHandler = /* @__PURE__ */ user(resumeRun, joinPorts);
export const extendRunHandler = /* @__PURE__ */ user(extendRun, joinPorts);
export const cloneRunHandler = /* @__PURE__ */ user(cloneRun, () => ({
  ...joinPorts(),
  epochCheckpoints: epochCheckpoints(),
  secrets: secrets(),
}));
export const deleteRunHandler = /* @__PURE__ */ user(deleteRun, controlPorts);
export const listControlLogHandler = /* @__PURE__ */ user(listControlLog, () => ({
  experiments: experiments(),
  controlLog: controlLog(),
}));

export const listResultsHandler = /* @__PURE__ */ user(listResults, () => ({
  experiments: experiments(),
  runs: runs(),
  results: results(),
}));
export const exportResultsHandler = /* @__PURE__ */ user(exportResults, () => ({
  experiments: experiments(),
  runs: runs(),
  results: results(),
  exports: exports(),
  entropy,
}));
export const exportRunsHandler = /* @__PURE__ */ user(exportRuns, () => ({
  experiments: experiments(),
  runs: runs(),
  gpuHourUsd: gpuHourUsd(),
  exports: exports(),
  entropy,
}));
export const listLogsHandler = /* @__PURE__ */ user(listLogs, () => ({
  experiments: experiments(),
  operations: operations(),
  runs: runs(),
  artifacts: artifacts(),
  clock,
}));

const operatorsPorts = () => ({ tokens: tokens(), clock, entropy });
export const createTokenHandler = /* @__PURE__ */ user(createToken, operatorsPorts);
export const listTokensHandler = /* @__PURE__ */ user(listTokens, () => ({ tokens: tokens() }));
export const revokeTokenHandler = /* @__PURE__ */ user(revokeToken, () => ({
  tokens: tokens(),
  clock,
}));
export const listAuditHandler = /* @__PURE__ */ user(listAudit, () => ({ auditLog: auditLog() }));
export const exportAuditHandler = /* @__PURE__ */ user(exportAudit, () => ({
  auditLog: auditLog(),
  exports: exports(),
  entropy,
}));

/** Answers the HTTP API's question whether a call may pass, and who makes it. */
export const authorizeHandler = async (
  event: APIGatewayRequestAuthorizerEventV2,
): Promise<APIGatewaySimpleAuthorizerResult & { context?: CallerContext }> => {
  const caller = await authorize(event.headers?.['authorization'], {
    tokens: tokens(),
    identityProvider: identityProvider(),
    clock,
  });
  return caller ? { isAuthorized: true, context: contextOf(caller) } : { isAuthorized: false };
};

/** Makes a token for whoever may invoke the function; no route leads to it. */
export const issueTokenHandler = async (asked: unknown) => issueToken(asked, operatorsPorts());
