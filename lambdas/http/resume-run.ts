import { resumeRun as route } from '../../contract/control-routes.ts';
import { resume } from '../../domain/steering.ts';
import { useCase } from '../use-case.ts';
import type { Scene } from './control-run.ts';
import { controlRun, showSteered } from './control-run.ts';
import type { JoinPorts } from './join-fit.ts';
import { circumstancesOf, startAdded } from './join-fit.ts';

export const resumeRun = useCase(route, async (call, ports: JoinPorts) => {
  const change = async (scene: Scene) => resume(scene.met.run, await circumstancesOf(scene, ports));
  const steered = await controlRun({ op: 'resume', change }, call, ports);
  await startAdded(steered, ports);
  return showSteered(steered, ports);
});
