import { stopRun as route } from '../../contract/control-routes.ts';
import { useCase } from '../use-case.ts';
import type { ControlPorts } from './control-run.ts';
import { controlRun } from './control-run.ts';

export const stopRun = useCase(route, (call, ports: ControlPorts) =>
  controlRun('stop', call, ports),
);
