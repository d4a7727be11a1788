import type { OccurrenceResource, ScheduleResource } from '../../contract/schedule-routes.ts';
import type { Occurrence, Schedule } from '../../domain/schedule.ts';
import { shownConfig } from '../../domain/secrets.ts';

/* Schedules and occurrences as HTTP shows them. */

export const showSchedule = ({ champion, ...schedule }: Schedule): ScheduleResource => ({
  schedule: schedule.schedule,
  expression: schedule.expression,
  timezone: schedule.timezone,
  overlap: schedule.overlap,
  state: schedule.state,
  createdAt: schedule.createdAt,
  updatedAt: schedule.updatedAt,
  champion: champion && { ...champion, config: shownConfig(champion.config) },
});

export const showOccurrence = (occurrence: Occurrence): OccurrenceResource => {
  const { workspace, schedule, revision, templateSha256, dataHandleId, ...shown } = occurrence;
  return shown;
};
