import { getOperation as route } from '../../contract/operation-routes.ts';
import type { Inference } from '../../domain/inference.ts';
import type { Operation } from '../../domain/operation.ts';
import { isInference } from '../../domain/operation.ts';
import type { JobNote } from '../../domain/worker-ports.ts';
import { useCase } from '../use-case.ts';
import { findOperation } from './look-up.ts';
import { noteLook } from './note-look.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';

type Ports = Pick<HttpPorts, 'operations' | 'jobNotes' | 'workers' | 'clock'>;

export const getOperation = useCase(route, async ({ params }, ports: Ports) => {
  const key = { ...params, operation: Number(params.operation) };
  const operation = await findOperation(key, ports);
  const [{ jobNotes, inference }] = await Promise.all([
    workOf(operation, ports),
    noteLook(operation, ports),
  ]);
  return { status: 200, body: showOperation(operation, jobNotes, inference) };
});

interface Work {
  readonly jobNotes: readonly JobNote[];
  readonly inference?: Inference | undefined;
}

/** A test's or a prediction's one worker knows how far it is. */
const workOf = async (operation: Operation, { workers, jobNotes }: Ports): Promise<Work> => {
  if (!isInference(operation.request)) {
    return { jobNotes: await jobNotes.listByOperation(operation) };
  }
  const found = await workers.findWithNote({ ...operation, worker: 1 });
  return {
    jobNotes: found?.jobNote ? [found.jobNote] : [],
    inference: found?.worker.inference,
  };
};
