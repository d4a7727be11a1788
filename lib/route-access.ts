import type { Access } from './access.ts';
import type { RouteAccess } from './api.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { anyCode, anyLog, anyOperationFile, anyUpload } from './object-keys.ts';
import { gpuPrice, maxWorkers } from './setting-access.ts';
import type { Settings } from './settings.ts';
import type { StateTable } from './state-table.ts';
import type { Workflows } from './workflows.ts';

interface World {
  readonly settings: Settings;
  readonly table: StateTable;
  readonly store: ArtifactStore;
  readonly workflows: Workflows;
  readonly terminateJobs: Access;
  readonly checkMlSpec: Access;
}

/** Who may reach what, route by route. */
export const routeAccess = ({
  settings,
  table,
  store,
  workflows,
  terminateJobs,
  checkMlSpec,
}: World): RouteAccess => ({
  authorize: [table.read],
  getHealth: [],
  getOpenApi: [],
  createExperiment: [table.readWrite, store.put(anyCode), terminateJobs, checkMlSpec],
  listExperiments: [table.read, store.named],
  getExperiment: [table.read, store.named],
  endExperiment: [table.readWrite, workflows.end.start],
  createDataHandle: [table.readWrite, workflows.operation.start],
  getDataHandle: [table.read],
  startFit: [
    table.readWrite,
    store.put(anyOperationFile),
    workflows.operation.start,
    maxWorkers(settings),
    gpuPrice(settings),
  ],
  listOperations: [table.read],
  getOperation: [table.read],
  cancelOperation: [table.readWrite, terminateJobs],
  listRuns: [table.read, store.named],
  getRun: [table.read, store.named],
  listResults: [table.read],
  listLogs: [table.read, store.get(anyLog), store.list],
  createUpload: [store.get(anyUpload), store.put(anyUpload), store.list],
});
