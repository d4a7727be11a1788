import { resumeRun as route } from '../../contract/control-routes.ts';
import type { ActiveFit } from '../../domain/home.ts';
import type { Run } from '../../domain/run.ts';
import type { Met } from '../../domain/steering.ts';
import { resume } from '../../domain/steering.ts';
import { useCase } from '../use-case.ts';
import type { ControlPorts } from './control-run.ts';
import { controlRun, showSteered, startAdded } from './control-run.ts';
import type { HttpPorts } from './ports.ts';

type Ports = ControlPorts & Pick<HttpPorts, 'workflows'>;

export const resumeRun = useCase(route, async (call, ports: Ports) => {
  const change = async ({ run }: Met, fit: ActiveFit) => {
    const workers = await ports.workers.listByOperation(fit);
    return resume(run, { fit, workers, seed: await seedOf(run, fit, ports) });
  };
  const steered = await controlRun({ op: 'resume', change }, call, ports);
  await startAdded(steered, ports);
  return showSteered(steered, ports);
});

/** The seed of the fit that the run belongs to. */
const seedOf = async (
  run: Run,
  active: ActiveFit,
  { operations }: Pick<Ports, 'operations'>,
): Promise<number> => {
  const fit = run.operation === active.operation ? active : await operations.find(run);
  if (fit?.request.kind !== 'fit') throw new Error(`the fit of run ${run.runId} is gone`);
  return fit.request.seed;
};
