import { listOperations as route } from '../../contract/operation-routes.ts';
import { useCase } from '../use-case.ts';
import { findExperiment, pageRequest } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'operations'>;

export const listOperations = useCase(route, async ({ params, query }, ports: Ports) => {
  await findExperiment(params, ports);
  const page = await ports.operations.list(params, pageRequest(query));
  const items = page.items.map((operation) => showOperation(operation));
  return { status: 200, body: { items, nextCursor: page.nextCursor } };
});
