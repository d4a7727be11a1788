import { describe, expect, it } from 'vitest';
import type { Champion } from '../../domain/champion.ts';
import type { Occurrence, Schedule } from '../../domain/schedule.ts';
import { newOccurrence } from '../../domain/schedule.ts';
import type { OccurrenceStore, ScheduleStore } from '../../domain/schedule-ports.ts';
import { allPages, count, later, newWorkspace, now } from './samples.ts';

interface Ports {
  readonly schedules: ScheduleStore;
  readonly occurrences: OccurrenceStore;
}

const scheduleOf = (workspace: string, schedule = 'nightly'): Schedule => ({
  ...{ workspace, schedule, expression: 'rate(1 day)', timezone: 'UTC', overlap: 'skip' },
  ...{ state: 'active', templateSha256: 'ab'.repeat(32), revision: 1 },
  ...{ createdAt: now, updatedAt: now },
});

const occurrenceOf = (workspace: string, at = now): Occurrence =>
  newOccurrence(scheduleOf(workspace), { at, cause: 'schedule', now });

/** What holds of every `ScheduleStore`. */
export const scheduleStoreSuite = (ports: () => Pick<Ports, 'schedules'>) =>
  describe('a schedule store', () => {
    it('changes a schedule for whoever read it last, and makes it once', async () => {
      const { schedules } = ports();
      const made = scheduleOf(newWorkspace());
      expect(await schedules.find(made)).toBeUndefined();
      const makers = [1, 2, 3].map(() => schedules.replace(made, undefined));
      expect(count(await Promise.all(makers), true)).toBe(1);
      const changed: Schedule = { ...made, state: 'paused', revision: 2 };
      expect(await schedules.replace(changed, 1)).toBe(true);
      expect(await schedules.replace({ ...made, revision: 2 }, 1)).toBe(false);
      expect(await schedules.find(made)).toEqual(changed);
    });

    it('crowns a champion, which nobody overwrites who did not read of it', async () => {
      const { schedules } = ports();
      const made = scheduleOf(newWorkspace());
      await schedules.replace(made, undefined);
      const champion: Champion = {
        ...{ experiment: 'nightly_1', runId: 3, checkpointUri: 's3://bucket/model.safetensors' },
        ...{ config: { user_knobs: { 'z-1': 1e-7 } }, value: 'NaN', since: later },
      };
      await schedules.crown(made, champion);
      expect(await schedules.replace({ ...made, revision: 2 }, 1)).toBe(false);
      expect(await schedules.find(made)).toEqual({ ...made, champion, revision: 2 });
    });

    it('lists by name, page by page, without those that were deleted', async () => {
      const { schedules } = ports();
      const workspace = newWorkspace();
      for (const name of ['c', 'a', 'b-2', 'b']) {
        await schedules.replace(scheduleOf(workspace, name), undefined);
      }
      const gone: Schedule = { ...scheduleOf(workspace, 'a-1'), state: 'deleted' };
      await schedules.replace(gone, undefined);
      const pages = await allPages((page) => schedules.list(workspace, page), 2);
      expect(pages.flat().map(({ schedule }) => schedule)).toEqual(['a', 'b', 'b-2', 'c']);
    });
  });

/** What holds of every `OccurrenceStore`. */
export const occurrenceStoreSuite = (ports: () => Pick<Ports, 'occurrences'>) =>
  describe('an occurrence store', () => {
    it('has one occurrence of a moment', async () => {
      const { occurrences } = ports();
      const due = occurrenceOf(newWorkspace());
      const makers = [1, 2, 3].map(() => occurrences.create(due));
      expect(count(await Promise.all(makers), true)).toBe(1);
      expect(await occurrences.find(due)).toEqual(due);
    });

    it('takes one of several next steps', async () => {
      const { occurrences } = ports();
      const due = occurrenceOf(newWorkspace());
      await occurrences.create(due);
      const steps = ['one', 'two'].map((experiment) =>
        occurrences.replace({ ...due, experiment, status: 'running', revision: 1 }, 0),
      );
      expect(count(await Promise.all(steps), true)).toBe(1);
    });

    it('lists the newest first, page by page', async () => {
      const { occurrences } = ports();
      const workspace = newWorkspace();
      const days = ['01', '02', '03', '04', '05'].map((day) => `2026-01-${day}T00:00:00.000Z`);
      for (const at of days) await occurrences.create(occurrenceOf(workspace, at));
      const pages = await allPages(
        (page) => occurrences.list({ workspace, schedule: 'nightly' }, page),
        2,
      );
      expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
      expect(pages.flat().map(({ at }) => at)).toEqual(days.toReversed());
    });

    it('lists those that are not over, of all schedules or of one', async () => {
      const { occurrences } = ports();
      const own = [occurrenceOf(newWorkspace()), occurrenceOf(newWorkspace(), later)] as const;
      for (const one of own) await occurrences.create(one);
      const [first, second] = own;
      const isOwn = ({ workspace }: Occurrence) => own.some((one) => one.workspace === workspace);
      const open = async () =>
        (await allPages((page) => occurrences.listOpen(page), 1)).flat().filter(isOwn);
      expect(await open()).toHaveLength(2);
      expect((await occurrences.listOpen({ limit: 10 }, second)).items).toEqual([second]);
      await occurrences.replace({ ...first, status: 'skipped', revision: 1 }, 0);
      expect(await open()).toEqual([second]);
    });
  });
