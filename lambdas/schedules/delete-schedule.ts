import { deleteSchedule as route } from '../../contract/schedule-routes.ts';
import { useCase } from '../use-case.ts';
import type { ChangePorts } from './change-schedule.ts';
import { changeSchedule } from './change-schedule.ts';

export const deleteSchedule = useCase(route, ({ params }, ports: ChangePorts) =>
  changeSchedule(params, 'deleted', ports),
);
