import { resumeSchedule as route } from '../../contract/schedule-routes.ts';
import { useCase } from '../use-case.ts';
import type { ChangePorts } from './change-schedule.ts';
import { changeSchedule } from './change-schedule.ts';

export const resumeSchedule = useCase(route, ({ params }, ports: ChangePorts) =>
  changeSchedule(params, 'active', ports),
);
