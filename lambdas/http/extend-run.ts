import { extendRun as route } from '../../contract/control-routes.ts';
import { longerBy } from '../../domain/clone.ts';
import { extend } from '../../domain/steering.ts';
import { useCase } from '../use-case.ts';
import type { Scene } from './control-run.ts';
import { controlRun, showSteered } from './control-run.ts';
import type { JoinPorts } from './join-fit.ts';
import { circumstancesOf, startAdded } from './join-fit.ts';

export const extendRun = useCase(route, async (call, ports: JoinPorts) => {
  const { epochs } = call.body;
  const change = async (scene: Scene) => {
    const { run } = scene.met;
    return extend(run, longerBy(run.config, epochs), await circumstancesOf(scene, ports));
  };
  const steered = await controlRun({ op: 'extend', asked: { epochs }, change }, call, ports);
  await startAdded(steered, ports);
  return showSteered(steered, ports);
});
