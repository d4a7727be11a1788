import { listControlLog as route } from '../../contract/control-routes.ts';
import { useCase } from '../use-case.ts';
import { findExperiment, pageRequest } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showControl } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'controlLog'>;

export const listControlLog = useCase(route, async ({ params, query }, ports: Ports) => {
  await findExperiment(params, ports);
  const page = await ports.controlLog.list(params, pageRequest(query));
  const items = page.items.map(showControl);
  return { status: 200, body: { items, nextCursor: page.nextCursor } };
});
