import {
  artifacts,
  clock,
  dataHandles,
  entropy,
  experiments,
  operations,
  results,
  rungs,
  runs,
  savedArtifacts,
  workers,
} from '../../adapters/aws.ts';
import { completeOperation } from './complete-operation.ts';
import { step } from './middleware.ts';
import { planOperation } from './plan-operation.ts';
import { saveArtifacts } from './save-artifacts.ts';
import { settleWorker } from './settle-worker.ts';

export const planOperationHandler = /* @__PURE__ */ step('planOperation', planOperation, () => ({
  experiments: experiments(),
  operations: operations(),
  runs: runs(),
  workers: workers(),
  artifacts: artifacts(),
  clock,
  entropy,
}));

export const settleWorkerHandler = /* @__PURE__ */ step('settleWorker', settleWorker, () => ({
  experiments: experiments(),
  operations: operations(),
  runs: runs(),
  rungs: rungs(),
  workers: workers(),
  dataHandles: dataHandles(),
  clock,
  entropy,
}));

export const completeOperationHandler = /* @__PURE__ */ step(
  'completeOperation',
  completeOperation,
  () => ({
    experiments: experiments(),
    operations: operations(),
    runs: runs(),
    workers: workers(),
    dataHandles: dataHandles(),
    clock,
  }),
);

export const saveArtifactsHandler = /* @__PURE__ */ step('saveArtifacts', saveArtifacts, () => ({
  experiments: experiments(),
  operations: operations(),
  runs: runs(),
  results: results(),
  artifacts: artifacts(),
  savedArtifacts: savedArtifacts(),
}));
