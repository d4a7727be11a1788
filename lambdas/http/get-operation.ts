import { getOperation as route } from '../../contract/operation-routes.ts';
import type { Inference } from '../../domain/inference.ts';
import type { Operation } from '../../domain/operation.ts';
import { isInference } from '../../domain/operation.ts';
import { useCase } from '../use-case.ts';
import { findOperation } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';

type Ports = Pick<HttpPorts, 'operations' | 'jobNotes' | 'workers'>;

export const getOperation = useCase(route, async ({ params }, ports: Ports) => {
  const key = { ...params, operation: Number(params.operation) };
  const operation = await findOperation(key, ports);
  const [jobNotes, inference] = await Promise.all([
    ports.jobNotes.listByOperation(key),
    inferenceOf(operation, ports),
  ]);
  return { status: 200, body: showOperation(operation, jobNotes, inference) };
});

/** A test's or a prediction's one worker knows how far it is. */
const inferenceOf = async (
  operation: Operation,
  { workers }: Ports,
): Promise<Inference | undefined> => {
  if (!isInference(operation.request)) return undefined;
  return (await workers.find({ ...operation, worker: 1 }))?.inference;
};
