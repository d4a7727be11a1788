import type { Access } from './access.ts';
import type { RouteAccess } from './api.ts';
import type { ArtifactStore } from './artifact-store.ts';
import {
  anyCode,
  anyExport,
  anyLog,
  anyOperationFile,
  anySecret,
  anyTemplate,
  anyUpload,
} from './object-keys.ts';
import type { Schedules } from './schedules.ts';
import type { StateTable } from './state-table.ts';
import type { Workflows } from './workflows.ts';

interface World {
  readonly table: StateTable;
  readonly store: ArtifactStore;
  readonly workflows: Workflows;
  readonly schedules: Schedules;
  readonly terminateJobs: Access;
  /** Knows how many workers an operation may have at once. */
  readonly maxWorkers: Access;
  /** Knows what an hour of a GPU costs. */
  readonly gpuPrice: Access;
  readonly checkMlSpec: Access;
  /** Knows whose JWTs are accepted. */
  readonly identityProvider: Access;
}

/** Who may reach what, route by route. */
export const routeAccess = ({
  table,
  store,
  workflows,
  schedules,
  terminateJobs,
  maxWorkers,
  gpuPrice,
  checkMlSpec,
  identityProvider,
}: World): RouteAccess => ({
  authorize: [table.read, identityProvider],
  issueToken: [table.readWrite],
  getHealth: [],
  getOpenApi: [],
  createExperiment: [table.readWrite, store.put(anyCode), terminateJobs, checkMlSpec],
  listExperiments: [table.read, store.named],
  getExperiment: [table.read, store.named],
  endExperiment: [table.readWrite, store.named, workflows.end.start],
  createDataHandle: [table.readWrite, store.named, workflows.operation.start],
  getDataHandle: [table.read],
  startFit: [
    table.readWrite,
    store.put(anyOperationFile),
    store.put(anySecret),
    workflows.operation.start,
    maxWorkers,
    gpuPrice,
  ],
  startTest: [table.readWrite, store.put(anySecret), workflows.operation.start],
  startPrediction: [table.readWrite, store.put(anySecret), workflows.operation.start],
  getPredictions: [table.read, store.get(anyOperationFile)],
  listOperations: [table.read],
  getOperation: [table.readUpdate],
  cancelOperation: [table.readWrite, terminateJobs],
  listRuns: [table.read, store.named, gpuPrice],
  getRun: [table.read, store.named, gpuPrice],
  stopRun: [table.readWrite, store.named, gpuPrice],
  resumeRun: [table.readWrite, store.named, gpuPrice, workflows.worker.start],
  extendRun: [table.readWrite, store.named, gpuPrice, workflows.worker.start],
  cloneRun: [table.readWrite, store.put(anySecret), gpuPrice, workflows.worker.start],
  deleteRun: [table.readWrite, store.named, gpuPrice],
  listControlLog: [table.read],
  listResults: [table.read],
  exportResults: [table.read, store.put(anyExport), store.get(anyExport)],
  exportRuns: [table.read, store.put(anyExport), store.get(anyExport), gpuPrice],
  listLogs: [table.readUpdate, store.get(anyLog), store.list],
  createUpload: [store.get(anyUpload), store.put(anyUpload), store.list],
  createFolderUpload: [store.put(anyUpload), store.list],
  ...scheduleAccess({ table, store, schedules, checkMlSpec }),
  createToken: [table.readWrite],
  listTokens: [table.read],
  revokeToken: [table.readUpdate],
  listAudit: [table.read],
  exportAudit: [table.read, store.put(anyExport), store.get(anyExport)],
});

/** What it takes to carry an occurrence of a schedule through: all that its user would call. */
export const occurrenceAccess = ({
  table,
  store,
  workflows,
  terminateJobs,
  maxWorkers,
  gpuPrice,
}: Omit<World, 'schedules' | 'checkMlSpec' | 'identityProvider'>): readonly Access[] => [
  table.readWrite,
  table.listActive,
  store.get(anyTemplate),
  store.put(anyCode),
  store.put(anyOperationFile),
  store.put(anySecret),
  workflows.operation.start,
  workflows.end.start,
  terminateJobs,
  maxWorkers,
  gpuPrice,
];

/** The same of schedules' routes. */
const scheduleAccess = ({
  table,
  store,
  schedules,
  checkMlSpec,
}: Pick<World, 'table' | 'store' | 'schedules' | 'checkMlSpec'>) => ({
  putSchedule: [table.readWrite, store.put(anyTemplate), schedules.put, checkMlSpec],
  listSchedules: [table.read],
  getSchedule: [table.read, store.get(anyTemplate)],
  deleteSchedule: [table.readWrite, schedules.remove],
  pauseSchedule: [table.readWrite, schedules.put],
  resumeSchedule: [table.readWrite, schedules.put],
  runSchedule: [table.readWrite, schedules.start],
  listOccurrences: [table.read],
});
