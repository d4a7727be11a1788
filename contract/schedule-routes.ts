import * as z from 'zod/mini';
import { verdicts } from '../domain/champion.ts';
import {
  occurrenceCauses,
  occurrenceStatuses,
  overlaps,
  scheduleStates,
  stages,
} from '../domain/schedule.ts';
import { modes } from '../domain/sha.ts';
import { dataHandleSpec, mlSpec, saving } from './experiment-routes.ts';
import { training } from './fit-routes.ts';
import { page } from './resources.ts';
import { route } from './route.ts';
import { inWorkspace, none, paging } from './route-parts.ts';
import { givenExperimentName, instant, metricValue, runId } from './shapes.ts';

/* Experiments that are made again and again from a template. */

/** With a workspace's, and a dot between them, it makes the name of EventBridge's schedule: 64 characters. */
const scheduleName = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z0-9][A-Za-z0-9_-]{0,30}$/,
      'must be 1 to 31 of A-Z a-z 0-9 _ -, starting with a letter or digit',
    ),
  );

const inSchedule = z.extend(inWorkspace, { schedule: scheduleName });

/** The moment an occurrence came due is appended to it. */
const experimentName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/));

const contest = z.strictObject({
  /** A validation metric, which chooses the best run; the test's of the same label is compared. */
  metric: z._default(z.string().check(z.regex(/^val_.{1,124}$/)), 'val_loss'),
  mode: z._default(z.enum(modes), 'min'),
  tolerance: z._default(z.number().check(z.gte(0)), 0),
});

const template = z.strictObject({
  experimentName,
  mlSpec,
  epochCheckpoints: z._default(z.boolean(), false),
  dataHandle: dataHandleSpec,
  fit: z.strictObject(training),
  champion: z.optional(contest),
  ...saving,
});

const timing = {
  /** `cron(0 6 ? * MON *)` or `rate(1 day)`. */
  expression: z.string().check(z.maxLength(256)),
  /** A name of the IANA database. */
  timezone: z._default(z.string().check(z.maxLength(50)), 'UTC'),
  /** What an occurrence does while another experiment is alive in the workspace. */
  overlap: z._default(z.enum(overlaps), 'skip'),
};

const championResource = z.object({
  experiment: givenExperimentName,
  runId,
  checkpointUri: z.string(),
  /** `***` stands for every secret. */
  config: z.record(z.string(), z.unknown()),
  value: metricValue,
  since: instant,
});

const scheduleResource = z.object({
  schedule: z.string(),
  expression: z.string(),
  timezone: z.string(),
  overlap: z.enum(overlaps),
  state: z.enum(scheduleStates),
  createdAt: instant,
  updatedAt: instant,
  champion: z.optional(championResource),
});

const occurrenceResource = z.object({
  /** When it came due; with the schedule its name. */
  at: instant,
  cause: z.enum(occurrenceCauses),
  status: z.enum(occurrenceStatuses),
  createdAt: instant,
  endedAt: z.optional(instant),
  experiment: z.optional(givenExperimentName),
  /** The operation that is under way, or was the last, and what for. */
  stage: z.optional(z.enum(stages)),
  operation: z.optional(z.int()),
  bestRunId: z.optional(runId),
  /** What the best run's test measured, `test_loss` first. */
  metrics: z.optional(z.record(z.string(), metricValue)),
  outcome: z.optional(
    z.object({
      verdict: z.enum(verdicts),
      metric: z.string(),
      challenger: metricValue,
      champion: z.optional(metricValue),
      /** By how much the challenger is better; negative when it is worse. */
      betterBy: z.optional(z.number()),
      /** Why the champion measured nothing, where it did not. */
      note: z.optional(z.string()),
    }),
  ),
  artifactsUri: z.optional(z.string()),
  /** Why it was skipped, waits, or failed. */
  reason: z.optional(z.string()),
});

export type ScheduleResource = z.infer<typeof scheduleResource>;
export type OccurrenceResource = z.infer<typeof occurrenceResource>;

const schedulesPath = '/v1/workspaces/{workspace}/schedules';
const schedulePath = `${schedulesPath}/{schedule}`;

export const putSchedule = route({
  name: 'putSchedule',
  method: 'PUT',
  path: schedulePath,
  summary: 'Makes a schedule, or changes the one of that name, whose champion and pause stay',
  access: 'operator',
  params: inSchedule,
  query: none,
  body: z.strictObject({ ...timing, template }),
  answer: scheduleResource,
  statuses: { 201: 'It will fire', 200: 'It is changed, from its next occurrence on' },
  problems: ['invalid-config', 'invalid-ml-spec', 'partition-missing'],
});

export const listSchedules = route({
  name: 'listSchedules',
  method: 'GET',
  path: schedulesPath,
  summary: 'Lists the workspace’s schedules by name',
  access: 'reader',
  params: inWorkspace,
  query: z.object(paging),
  body: none,
  answer: page(scheduleResource),
  statuses: { 200: 'A page of schedules' },
  problems: [],
});

export const getSchedule = route({
  name: 'getSchedule',
  method: 'GET',
  path: schedulePath,
  summary: 'Shows one schedule with its template',
  access: 'reader',
  params: inSchedule,
  query: none,
  body: none,
  /** In the template `***` stands for every secret. */
  answer: z.extend(scheduleResource, { template }),
  statuses: { 200: 'The schedule' },
  problems: ['schedule-not-found'],
});

/** Something done to a schedule that has nothing to say. */
const op = {
  params: inSchedule,
  query: none,
  body: none,
  problems: ['schedule-not-found'],
} as const;

export const deleteSchedule = route({
  ...op,
  name: 'deleteSchedule',
  method: 'DELETE',
  path: schedulePath,
  summary: 'Deletes a schedule; an occurrence under way goes on, and the history stays',
  access: 'operator',
  answer: scheduleResource,
  statuses: { 200: 'It fires no more' },
});

export const pauseSchedule = route({
  ...op,
  name: 'pauseSchedule',
  method: 'POST',
  path: `${schedulePath}/pause`,
  summary: 'Pauses a schedule; what it misses is not made up for',
  access: 'operator',
  answer: scheduleResource,
  statuses: { 200: 'It is paused' },
});

export const resumeSchedule = route({
  ...op,
  name: 'resumeSchedule',
  method: 'POST',
  path: `${schedulePath}/resume`,
  summary: 'Lets a paused schedule fire again',
  access: 'operator',
  answer: scheduleResource,
  statuses: { 200: 'It is active' },
});

export const runSchedule = route({
  ...op,
  name: 'runSchedule',
  method: 'POST',
  path: `${schedulePath}/run`,
  summary: 'Has an occurrence now, also of a paused schedule',
  access: 'operator',
  answer: occurrenceResource,
  statuses: { 202: 'It is due' },
});

export const listOccurrences = route({
  name: 'listOccurrences',
  method: 'GET',
  path: `${schedulePath}/occurrences`,
  summary: 'Lists what became of a schedule’s occurrences, the newest first',
  access: 'reader',
  params: inSchedule,
  query: z.object(paging),
  body: none,
  answer: page(occurrenceResource),
  statuses: { 200: 'A page of occurrences' },
  problems: ['schedule-not-found'],
});
