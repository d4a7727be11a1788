import { getExperiment as route } from '../../contract/experiment-routes.ts';
import { useCase } from '../use-case.ts';
import { findExperiment } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showExperiment } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'bucket'>;

export const getExperiment = useCase(route, async ({ params }, ports: Ports) => {
  const experiment = await findExperiment(params, ports);
  return { status: 200, body: showExperiment(experiment, ports.bucket) };
});
