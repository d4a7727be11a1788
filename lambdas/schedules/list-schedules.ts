import { listSchedules as route } from '../../contract/schedule-routes.ts';
import { pageRequest } from '../http/look-up.ts';
import type { HttpPorts } from '../http/ports.ts';
import { useCase } from '../use-case.ts';
import { showSchedule } from './show-schedule.ts';

export const listSchedules = useCase(
  route,
  async ({ params, query }, { schedules }: Pick<HttpPorts, 'schedules'>) => {
    const page = await schedules.list(params.workspace, pageRequest(query));
    return {
      status: 200,
      body: { items: page.items.map(showSchedule), nextCursor: page.nextCursor },
    };
  },
);
