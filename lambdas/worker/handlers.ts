import {
  artifacts,
  clock,
  credentials,
  dataHandles,
  entropy,
  epochCheckpoints,
  operations,
  results,
  rungs,
  runs,
  workers,
} from '../../adapters/aws.ts';
import { http } from '../http/middleware.ts';
import { syncWorker } from './sync-worker.ts';

export const syncWorkerHandler = /* @__PURE__ */ http(syncWorker, () => ({
  workers: workers(),
  operations: operations(),
  runs: runs(),
  results: results(),
  rungs: rungs(),
  epochCheckpoints: epochCheckpoints(),
  dataHandles: dataHandles(),
  artifacts: artifacts(),
  credentials: credentials(),
  clock,
  entropy,
}));
