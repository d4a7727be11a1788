import { listExperiments as route } from '../../contract/experiment-routes.ts';
import { useCase } from '../use-case.ts';
import { pageRequest } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showExperiment } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'bucket'>;

export const listExperiments = useCase(
  route,
  async ({ params, query }, { experiments, bucket }: Ports) => {
    const page = await experiments.list(params.workspace, {
      ...pageRequest(query),
      status: query.status,
    });
    const items = page.items.map((experiment) => showExperiment(experiment, bucket));
    return { status: 200, body: { items, nextCursor: page.nextCursor } };
  },
);
