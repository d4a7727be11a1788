import {
  artifacts,
  clock,
  credentials,
  dataHandles,
  entropy,
  epochCheckpoints,
  results,
  runs,
  workers,
} from '../../adapters/aws.ts';
import { http } from '../http/middleware.ts';
import { syncWorker } from './sync-worker.ts';

export const syncWorkerHandler = /* @__PURE__ */ http(syncWorker, () => ({
  workers: workers(),
  runs: runs(),
  results: results(),
  epochCheckpoints: epochCheckpoints(),
  dataHandles: dataHandles(),
  artifacts: artifacts(),
  credentials: credentials(),
  clock,
  entropy,
}));
