import * as z from 'zod/mini';
import type { OccurrenceKey, ScheduleKey } from '../../domain/schedule.ts';
import { isOpenOccurrence, newOccurrence } from '../../domain/schedule.ts';
import { logger } from '../logger.ts';
import { advance } from './advance.ts';
import type { OccurrencePorts } from './ports.ts';

/** What EventBridge Scheduler sends, as the timetable put it down. */
const cameDue = z.object({
  workspace: z.string(),
  schedule: z.string(),
  scheduledAt: z.string(),
});

/** Somebody wants an occurrence now. */
const wanted = z.object({ workspace: z.string(), schedule: z.string(), at: z.string() });

/** The parts of a "Step Functions Execution Status Change" event that are looked at. */
const executionOver = z.object({ detail: z.object({ input: z.string() }) });
const executionInput = z.object({ workspace: z.string(), experiment: z.string() });

/** The minute's tick tells nothing. */
const tick = z.object({ 'detail-type': z.literal('Scheduled Event') });

const event = z.union([cameDue, wanted, executionOver, tick]);

/** Something happened that an occurrence may have waited for. A repeated event has no effect of its own. */
export const occur = async (given: unknown, ports: OccurrencePorts): Promise<void> => {
  const happened = event.parse(given);
  if ('scheduledAt' in happened) return comeDue(happened, ports);
  if ('at' in happened) return advanceOne(happened, ports);
  if ('detail' in happened) return advanceOf(happened.detail.input, ports);
  return advanceAll(ports);
};

const comeDue = async (
  { scheduledAt, ...key }: ScheduleKey & { readonly scheduledAt: string },
  ports: OccurrencePorts,
): Promise<void> => {
  const schedule = await ports.schedules.find(key);
  if (schedule?.state !== 'active') return;
  const at = new Date(scheduledAt).toISOString();
  const now = ports.clock.now();
  await ports.occurrences.create(newOccurrence(schedule, { at, cause: 'schedule', now }));
  await advanceOne({ ...key, at }, ports);
};

const advanceOne = async (key: OccurrenceKey, ports: OccurrencePorts): Promise<void> => {
  logger.appendKeys({ workspace: key.workspace, schedule: key.schedule, at: key.at });
  const occurrence = await ports.occurrences.find(key);
  if (occurrence && isOpenOccurrence(occurrence)) await advance(occurrence, ports);
};

/** The experiment of an execution may belong to an occurrence. */
const advanceOf = async (input: string, ports: OccurrencePorts): Promise<void> => {
  const key = executionInput.parse(JSON.parse(input));
  const experiment = await ports.experiments.find(key);
  if (experiment?.occurrence) {
    await advanceOne({ workspace: key.workspace, ...experiment.occurrence }, ports);
  }
};

/** Occurrences looked at in one go. */
const pageSize = 100;

/** What was lost on its way here, and who waits for a workspace. One that cannot go on keeps no other up. */
const advanceAll = async (ports: OccurrencePorts): Promise<void> => {
  const errors: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await ports.occurrences.listOpen({ limit: pageSize, cursor });
    for (const occurrence of page.items) {
      await advanceOne(occurrence, ports).catch((error: unknown) => errors.push(error));
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (errors.length > 0) throw new AggregateError(errors, 'occurrences cannot go on');
};
