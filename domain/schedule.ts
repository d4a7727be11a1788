import type { Champion, Contest, Outcome } from './champion.ts';
import type { Json } from './config.ts';
import type { DataHandleSpec } from './data-handle.ts';
import { DomainError } from './domain-error.ts';
import type { Experiment } from './experiment.ts';
import type { Instant } from './instant.ts';
import type { Executor } from './operation.ts';

/* An experiment that is made again and again from a template. */

/** What an occurrence does while another experiment is alive in its workspace. */
export const overlaps = ['skip', 'queue', 'replace'] as const;
export type Overlap = (typeof overlaps)[number];

export const scheduleStates = ['active', 'paused', 'deleted'] as const;
export type ScheduleState = (typeof scheduleStates)[number];

export interface ScheduleKey {
  readonly workspace: string;
  readonly schedule: string;
}

/** Everything that an occurrence's experiment is made from; kept in S3. */
export interface Template {
  readonly experimentName: string;
  readonly mlSpec: { readonly fileName: string; readonly source: string };
  readonly epochCheckpoints: boolean;
  readonly dataHandle: DataHandleSpec;
  readonly fit: TemplateFit;
  readonly champion?: Contest | undefined;
  readonly artifactsBucket?: string | undefined;
  readonly saveEpochCheckpoints: boolean;
}

/** What `startFit` takes besides the data handle. */
export interface TemplateFit {
  readonly mlConfig: Json;
  readonly seed: number;
  readonly numChunks?: number | undefined;
  readonly executor: Executor;
  readonly maxWorkers?: number | undefined;
  readonly chunkTimeoutSeconds: number;
  readonly budget?:
    | { readonly gpuHours?: number | undefined; readonly usd?: number | undefined }
    | undefined;
}

export interface Schedule extends ScheduleKey {
  readonly expression: string;
  readonly timezone: string;
  readonly overlap: Overlap;
  readonly state: ScheduleState;
  /** Of the template's file in S3. */
  readonly templateSha256: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** Counts what callers changed, so that nobody overwrites what they did not read. */
  readonly revision: number;
  readonly champion?: Champion | undefined;
}

/** An occurrence by its schedule and the moment it came due. */
export interface OccurrenceKey extends ScheduleKey {
  readonly at: Instant;
}

export const occurrenceCauses = ['schedule', 'run-now'] as const;
export type OccurrenceCause = (typeof occurrenceCauses)[number];

/** `due` until it has an experiment; `waiting` for its workspace to be free. */
export const occurrenceStatuses = [
  'due',
  'waiting',
  'running',
  'skipped',
  'completed',
  'failed',
  'superseded',
] as const;
export type OccurrenceStatus = (typeof occurrenceStatuses)[number];

const open: Record<OccurrenceStatus, boolean> = {
  due: true,
  waiting: true,
  running: true,
  skipped: false,
  completed: false,
  failed: false,
  superseded: false,
};

/** Whether there is something left to do for it. */
export const isOpenOccurrence = ({ status }: Pick<Occurrence, 'status'>): boolean => open[status];

/** The operations of an occurrence in their order; those of tests only where there is something to test. */
export const stages = ['download', 'fit', 'test', 'champion-test', 'end'] as const;
export type Stage = (typeof stages)[number];

export interface Occurrence extends OccurrenceKey {
  readonly cause: OccurrenceCause;
  readonly status: OccurrenceStatus;
  /** Counts its writes, each of which expects the one before. */
  readonly revision: number;
  /** Of the template as it was when it came due. */
  readonly templateSha256: string;
  readonly createdAt: Instant;
  readonly endedAt?: Instant | undefined;
  readonly experiment?: string | undefined;
  /** The operation that is under way, and what for. */
  readonly stage?: Stage | undefined;
  readonly operation?: number | undefined;
  readonly dataHandleId?: string | undefined;
  readonly bestRunId?: number | undefined;
  /** What the best run's test measured. */
  readonly metrics?: Readonly<Record<string, Outcome['challenger']>> | undefined;
  readonly outcome?: Outcome | undefined;
  readonly artifactsUri?: string | undefined;
  /** Why it was skipped, waits, or failed. */
  readonly reason?: string | undefined;
}

export const newOccurrence = (
  { workspace, schedule, templateSha256 }: Schedule,
  {
    at,
    cause,
    now,
  }: { readonly at: Instant; readonly cause: OccurrenceCause; readonly now: Instant },
): Occurrence => ({
  ...{ workspace, schedule, at, cause, templateSha256 },
  ...{ status: 'due', revision: 0, createdAt: now },
});

/** Whether an experiment was made for an occurrence. */
export const isOf = ({ occurrence }: Experiment, { schedule, at }: OccurrenceKey): boolean =>
  occurrence?.schedule === schedule && occurrence.at === at;

export type Entrance =
  | { readonly enters: true }
  | { readonly enters: false; readonly status: 'skipped' | 'waiting'; readonly reason: string };

/**
 * Whether an occurrence may begin while `alive` is alive in its workspace. Nobody's experiment is ended for
 * it but by `replace`, whether something is under way in it or not.
 */
export const enter = (
  overlap: Overlap,
  alive: Pick<Experiment, 'experiment' | 'activeOperation'> | undefined,
  othersWait: boolean,
): Entrance => {
  if (!alive || overlap === 'replace') return { enters: true };
  const { experiment, activeOperation } = alive;
  const doing = activeOperation === undefined ? '' : `, in operation ${activeOperation}`;
  const reason = `experiment ${experiment} is alive in the workspace${doing}`;
  if (overlap === 'skip') return { enters: false, status: 'skipped', reason };
  return othersWait
    ? { enters: false, status: 'skipped', reason: 'an earlier occurrence waits already' }
    : { enters: false, status: 'waiting', reason };
};

/** An occurrence's experiment is called after the template and the minute it came due. */
export const experimentNameOf = ({ experimentName }: Template, { at }: OccurrenceKey): string =>
  `${experimentName}_${at.slice(0, 16).replaceAll(/[-:]/g, '')}`;

/** Refuses one that is not there, or not any more. */
export const presentSchedule = (found: Schedule | undefined, key: ScheduleKey): Schedule => {
  if (found && found.state !== 'deleted') return found;
  throw new DomainError(
    'schedule-not-found',
    `workspace ${key.workspace} has no schedule ${key.schedule}; list them to see which there are`,
  );
};
