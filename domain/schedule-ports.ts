import type { Champion } from './champion.ts';
import type { Page, PageRequest } from './ports.ts';
import type { Occurrence, OccurrenceKey, Schedule, ScheduleKey } from './schedule.ts';

/* What schedules need from the world. */

export interface ScheduleStore {
  find(key: ScheduleKey): Promise<Schedule | undefined>;
  /** By name, without those that were deleted. */
  list(workspace: string, page: PageRequest): Promise<Page<Schedule>>;
  /** Writes a schedule over the one of this revision; over none when it is undefined. */
  replace(schedule: Schedule, revision: number | undefined): Promise<boolean>;
  /** Makes a run the champion, whatever else is changed of the schedule meanwhile. */
  crown(key: ScheduleKey, champion: Champion): Promise<void>;
}

export interface TemplateKeeper {
  /** Keeps a template under its SHA-256. */
  keep(key: ScheduleKey, sha256: string, text: string): Promise<void>;
}

export interface OccurrenceStore {
  find(key: OccurrenceKey): Promise<Occurrence | undefined>;
  /** False when there is one of that moment already. */
  create(occurrence: Occurrence): Promise<boolean>;
  /** Replaces an occurrence of this revision. */
  replace(occurrence: Occurrence, revision: number): Promise<boolean>;
  /** The newest first. */
  list(key: ScheduleKey, page: PageRequest): Promise<Page<Occurrence>>;
  /** Those that are not over, in every workspace or of a schedule (eventually consistent). */
  listOpen(page: PageRequest, of?: ScheduleKey): Promise<Page<Occurrence>>;
}

/** Calls us back whenever a schedule comes due. */
export interface Timetable {
  /** Puts a schedule down, or changes it. */
  put(
    schedule: Pick<Schedule, 'workspace' | 'schedule' | 'expression' | 'timezone' | 'state'>,
  ): Promise<void>;
  /** Does nothing when it is not there. */
  remove(key: ScheduleKey): Promise<void>;
}

/** Has an occurrence advanced at once; one that gets lost is advanced within a minute or two. */
export interface OccurrenceStarter {
  start(key: OccurrenceKey): Promise<void>;
}

export interface Announcement {
  /** One line. */
  readonly subject: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** Tells whoever subscribed. */
export interface Announcer {
  announce(announcement: Announcement): Promise<void>;
}
