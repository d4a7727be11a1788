import { deleteRun as route } from '../../contract/control-routes.ts';
import { remove } from '../../domain/steering.ts';
import { useCase } from '../use-case.ts';
import type { ControlPorts, Scene } from './control-run.ts';
import { controlRun, showSteered } from './control-run.ts';

export const deleteRun = useCase(route, async (call, ports: ControlPorts) => {
  const change = ({ met }: Scene) => remove(met, ports.clock.now());
  return showSteered(await controlRun({ op: 'delete', change }, call, ports), ports);
});
