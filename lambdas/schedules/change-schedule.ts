import type { Schedule, ScheduleKey, ScheduleState } from '../../domain/schedule.ts';
import { presentSchedule } from '../../domain/schedule.ts';
import type { HttpPorts } from '../http/ports.ts';
import { showSchedule } from './show-schedule.ts';

export type ChangePorts = Pick<HttpPorts, 'schedules' | 'timetable' | 'clock'>;

const maxRounds = 10;

/** Brings a schedule into a state, here and in the timetable. */
export const changeSchedule = async (
  key: ScheduleKey,
  state: ScheduleState,
  { schedules, timetable, clock }: ChangePorts,
) => {
  for (let round = 0; round < maxRounds; round++) {
    const known = await schedules.find(key);
    // Who deletes it again, since the answer was lost, has what was wanted.
    const isDone = state === 'deleted' && known?.state === 'deleted';
    if (isDone) return { status: 200, body: showSchedule(known) };
    const found = presentSchedule(known, key);
    const revision = found.revision + 1;
    const changed: Schedule = { ...found, state, updatedAt: clock.now(), revision };
    if (!(await schedules.replace(changed, found.revision))) continue;
    await (state === 'deleted' ? timetable.remove(key) : timetable.put(changed));
    return { status: 200, body: showSchedule(changed) };
  }
  throw new Error(`schedule ${key.schedule} lost ${maxRounds} races in a row`);
};
