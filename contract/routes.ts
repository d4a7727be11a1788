import { createToken, exportAudit, listAudit, listTokens, revokeToken } from './access-routes.ts';
import {
  cloneRun,
  deleteRun,
  extendRun,
  listControlLog,
  resumeRun,
  stopRun,
} from './control-routes.ts';
import {
  createDataHandle,
  createExperiment,
  endExperiment,
  getDataHandle,
  getExperiment,
  listExperiments,
} from './experiment-routes.ts';
import { exportResults, exportRuns } from './export-routes.ts';
import { startFit } from './fit-routes.ts';
import { getPredictions, startPrediction, startTest } from './inference-routes.ts';
import {
  cancelOperation,
  getOperation,
  getRun,
  listLogs,
  listOperations,
  listResults,
  listRuns,
} from './operation-routes.ts';
import {
  deleteSchedule,
  getSchedule,
  listOccurrences,
  listSchedules,
  pauseSchedule,
  putSchedule,
  resumeSchedule,
  runSchedule,
} from './schedule-routes.ts';
import {
  createFolderUpload,
  createUpload,
  getHealth,
  getOpenApi,
  syncWorker,
} from './service-routes.ts';

/** Every route there is. */
export const routes = [
  getHealth,
  getOpenApi,
  createExperiment,
  listExperiments,
  getExperiment,
  endExperiment,
  createDataHandle,
  getDataHandle,
  startFit,
  startTest,
  startPrediction,
  listOperations,
  getOperation,
  getPredictions,
  cancelOperation,
  listRuns,
  getRun,
  stopRun,
  resumeRun,
  cloneRun,
  extendRun,
  deleteRun,
  listControlLog,
  listResults,
  exportResults,
  exportRuns,
  listLogs,
  createUpload,
  createFolderUpload,
  putSchedule,
  listSchedules,
  getSchedule,
  deleteSchedule,
  pauseSchedule,
  resumeSchedule,
  runSchedule,
  listOccurrences,
  createToken,
  listTokens,
  revokeToken,
  listAudit,
  exportAudit,
  syncWorker,
] as const;
