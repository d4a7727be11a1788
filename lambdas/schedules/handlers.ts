import middy from '@middy/core';
import {
  announcer,
  artifacts,
  bucket,
  checkScope,
  clock,
  dataHandles,
  entropy,
  epochCheckpoints,
  experiments,
  gpuHourUsd,
  jobQueue,
  maxWorkers,
  mlSpecs,
  occurrenceStarter,
  occurrences,
  operations,
  results,
  runs,
  schedules,
  secrets,
  templates,
  timetable,
  workflows,
} from '../../adapters/aws.ts';
import { user } from '../http/handlers.ts';
import { telemetry } from '../telemetry.ts';
import { deleteSchedule } from './delete-schedule.ts';
import { getSchedule } from './get-schedule.ts';
import { listOccurrences } from './list-occurrences.ts';
import { listSchedules } from './list-schedules.ts';
import { occur } from './occur.ts';
import { pauseSchedule } from './pause-schedule.ts';
import { putSchedule } from './put-schedule.ts';
import { resumeSchedule } from './resume-schedule.ts';
import { runSchedule } from './run-schedule.ts';

/* The wiring of schedules: over HTTP, and as time goes by. */

export const putScheduleHandler = /* @__PURE__ */ user(putSchedule, () => ({
  schedules: schedules(),
  timetable: timetable(),
  templates: templates(),
  mlSpecs: mlSpecs(),
  bucket: bucket(),
  checkScope,
  clock,
  entropy,
}));
export const listSchedulesHandler = /* @__PURE__ */ user(listSchedules, () => ({
  schedules: schedules(),
}));
export const getScheduleHandler = /* @__PURE__ */ user(getSchedule, () => ({
  schedules: schedules(),
  artifacts: artifacts(),
}));

const changePorts = () => ({ schedules: schedules(), timetable: timetable(), clock });
export const deleteScheduleHandler = /* @__PURE__ */ user(deleteSchedule, changePorts);
export const pauseScheduleHandler = /* @__PURE__ */ user(pauseSchedule, changePorts);
export const resumeScheduleHandler = /* @__PURE__ */ user(resumeSchedule, changePorts);

export const runScheduleHandler = /* @__PURE__ */ user(runSchedule, () => ({
  schedules: schedules(),
  occurrences: occurrences(),
  occurrenceStarter: occurrenceStarter(),
  clock,
}));
export const listOccurrencesHandler = /* @__PURE__ */ user(listOccurrences, () => ({
  schedules: schedules(),
  occurrences: occurrences(),
}));

export const occurHandler = /* @__PURE__ */ middy<unknown, void>()
  .use(/* @__PURE__ */ telemetry('occur'))
  .handler((event) =>
    occur(event, {
      schedules: schedules(),
      occurrences: occurrences(),
      experiments: experiments(),
      operations: operations(),
      runs: runs(),
      results: results(),
      epochCheckpoints: epochCheckpoints(),
      dataHandles: dataHandles(),
      artifacts: artifacts(),
      secrets: secrets(),
      workflows: workflows(),
      jobQueue: jobQueue(),
      announcer: announcer(),
      bucket: bucket(),
      maxWorkers: maxWorkers(),
      gpuHourUsd: gpuHourUsd(),
      checkScope,
      clock,
      entropy,
    }),
  );
