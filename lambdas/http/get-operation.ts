import { getOperation as route } from '../../contract/operation-routes.ts';
import { useCase } from '../use-case.ts';
import { findOperation } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';

type Ports = Pick<HttpPorts, 'operations' | 'jobNotes'>;

export const getOperation = useCase(route, async ({ params }, ports: Ports) => {
  const key = { ...params, operation: Number(params.operation) };
  const operation = await findOperation(key, ports);
  const jobNotes = await ports.jobNotes.listByOperation(key);
  return { status: 200, body: showOperation(operation, jobNotes) };
});
