import { stopRun as route } from '../../contract/control-routes.ts';
import { stop } from '../../domain/steering.ts';
import { useCase } from '../use-case.ts';
import type { ControlPorts, Scene } from './control-run.ts';
import { controlRun, showSteered } from './control-run.ts';

export const stopRun = useCase(route, async (call, ports: ControlPorts) => {
  const change = ({ met }: Scene) => stop(met, ports.clock.now());
  return showSteered(await controlRun({ op: 'stop', change }, call, ports), ports);
});
