import type { OccurrenceResource, ScheduleResource } from '../../../../contract/schedule-routes.ts';
import type { Canvas } from '../session.ts';
import type { Style } from './paint.ts';
import type { Column } from './table.ts';
import { facts } from './table.ts';
import { measured, moment } from './words.ts';

const stateStyles: Record<ScheduleResource['state'], Style> = {
  active: 'green',
  paused: 'yellow',
  deleted: 'dim',
};

export const scheduleColumns: readonly Column<ScheduleResource>[] = [
  { title: 'schedule', text: ({ schedule }) => schedule, least: 8 },
  { title: 'state', text: ({ state }) => state, style: ({ state }) => stateStyles[state] },
  { title: 'fires', text: ({ expression }) => expression, least: 12 },
  { title: 'zone', text: ({ timezone }) => timezone, rank: 1 },
  { title: 'overlap', text: ({ overlap }) => overlap, rank: 2 },
  { title: 'champion', text: (schedule) => championOf(schedule) ?? '', least: 12, rank: 3 },
];

export const scheduleFacts = (schedule: ScheduleResource, canvas: Canvas): readonly string[] =>
  facts(
    [
      ['schedule', schedule.schedule],
      ['state', schedule.state],
      ['fires', `${schedule.expression}, ${schedule.timezone}`],
      ['overlap', schedule.overlap],
      ['champion', championOf(schedule)],
      ['since', moment(schedule.champion?.since)],
      ['checkpoint', schedule.champion?.checkpointUri],
      ['made', moment(schedule.createdAt)],
      ['changed', moment(schedule.updatedAt)],
    ],
    canvas,
  );

const championOf = ({ champion }: ScheduleResource): string | undefined =>
  champion && `run ${champion.runId} of ${champion.experiment}, ${measured(champion.value)}`;

const statusStyles: Record<OccurrenceResource['status'], Style> = {
  due: 'dim',
  waiting: 'dim',
  running: 'cyan',
  completed: 'green',
  failed: 'red',
  skipped: 'yellow',
  superseded: 'yellow',
};

export const occurrenceColumns: readonly Column<OccurrenceResource>[] = [
  { title: 'due', text: ({ at }) => moment(at) },
  {
    title: 'status',
    text: ({ status }) => status,
    style: ({ status }) => statusStyles[status],
  },
  { title: 'experiment', text: ({ experiment = '' }) => experiment, least: 8, rank: 1 },
  { title: 'outcome', text: (occurrence) => outcomeOf(occurrence), least: 16 },
  { title: 'ended', text: ({ endedAt }) => moment(endedAt), rank: 2 },
];

/** How the challenger did, or why there is nothing to tell of it. */
const outcomeOf = ({ outcome, reason, stage, status }: OccurrenceResource): string => {
  if (outcome === undefined) return reason ?? (status === 'running' ? (stage ?? '') : '');
  const { verdict, metric, challenger, champion, betterBy } = outcome;
  const beside = champion === undefined ? '' : ` beside ${measured(champion)}`;
  const margin = betterBy === undefined ? '' : ` (better by ${measured(betterBy)})`;
  return `${verdict}: ${metric} ${measured(challenger)}${beside}${margin}`;
};
