import { allOf } from '../../../../contract/client.ts';
import {
  deleteSchedule,
  getSchedule,
  listOccurrences,
  listSchedules,
  pauseSchedule,
  resumeSchedule,
  runSchedule,
} from '../../../../contract/schedule-routes.ts';
import type { Family } from '../family.ts';
import { occurrenceColumns, scheduleColumns, scheduleFacts } from '../render/schedule.ts';
import { table } from '../render/table.ts';
import { moment } from '../render/words.ts';
import type { Session } from '../session.ts';
import { putOne } from './put-schedule.ts';

export const schedules: Family = (program, session) => {
  const family = program
    .command('schedules')
    .alias('schedule')
    .description('have a fit made again and again, and measure its best run beside the champion');
  putOne(family, session);
  list(family, session);
  show(family, session);
  history(family, session);
  runNow(family, session);
  change(family, session);
};

const list: Family = (family, session) => {
  family
    .command('list')
    .description('list the schedules of the workspace by name')
    .action(async () => {
      const { service, params } = open(session);
      const all = await allOf((cursor) =>
        service.call(listSchedules, { params, query: { cursor } }),
      );
      session.answer(all, () =>
        all.length === 0
          ? `No schedules in workspace ${params.workspace}`
          : table(scheduleColumns, all, session.canvas()).join('\n'),
      );
    });
};

const show: Family = (family, session) => {
  family
    .command('show')
    .description('show a schedule and its champion')
    .argument('<schedule>', 'its name')
    .action(async (schedule) => {
      const { service, params } = open(session);
      const { body } = await service.call(getSchedule, { params: { ...params, schedule } });
      session.answer(body, () => scheduleFacts(body, session.canvas()).join('\n'));
    });
};

const history: Family = (family, session) => {
  family
    .command('history')
    .description('tell what became of its occurrences, the newest first')
    .argument('<schedule>', 'its name')
    .action(async (schedule) => {
      const { service, params } = open(session);
      const all = await allOf((cursor) =>
        service.call(listOccurrences, { params: { ...params, schedule }, query: { cursor } }),
      );
      session.answer(all, () =>
        all.length === 0
          ? 'It has not fired yet'
          : table(occurrenceColumns, all, session.canvas()).join('\n'),
      );
    });
};

const runNow: Family = (family, session) => {
  family
    .command('run')
    .description('have an occurrence now, also of a paused schedule')
    .argument('<schedule>', 'its name')
    .action(async (schedule) => {
      const { service, params } = open(session);
      const { body } = await service.call(runSchedule, { params: { ...params, schedule } });
      session.answer(body, () => `Schedule ${schedule} has an occurrence of ${moment(body.at)}`);
    });
};

/** What is done to a schedule, and what is said of it then. */
const changes = [
  [pauseSchedule, 'pause', 'let it fire no more until it is resumed', 'is paused'],
  [resumeSchedule, 'resume', 'let a paused schedule fire again', 'is active'],
  [deleteSchedule, 'delete', 'take it away; its history stays', 'is deleted'],
] as const;

const change: Family = (family, session) => {
  for (const [route, name, description, outcome] of changes) {
    family
      .command(name)
      .description(description)
      .argument('<schedule>', 'its name')
      .action(async (schedule) => {
        const { service, params } = open(session);
        const { body } = await service.repeat(route, { params: { ...params, schedule } });
        session.answer(body, () => `Schedule ${schedule} ${outcome}`);
      });
  }
};

const open = (session: Session) => {
  const service = session.service();
  return { service, params: { workspace: service.connection.workspace } };
};
