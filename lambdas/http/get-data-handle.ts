import { getDataHandle as route } from '../../contract/experiment-routes.ts';
import { useCase } from '../use-case.ts';
import { findDataHandle, findExperiment } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showDataHandle } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'dataHandles'>;

export const getDataHandle = useCase(route, async ({ params }, ports: Ports) => {
  await findExperiment(params, ports);
  const handle = await findDataHandle({ ...params, dataHandleId: params.dataHandle }, ports);
  return { status: 200, body: showDataHandle(handle) };
});
