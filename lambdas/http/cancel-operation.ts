import { cancelOperation as route } from '../../contract/operation-routes.ts';
import type { Operation } from '../../domain/operation.ts';
import { isActive } from '../../domain/operation.ts';
import { jobNamePrefix } from '../../domain/worker.ts';
import { useCase } from '../use-case.ts';
import { findExperiment, findOperation } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'operations' | 'jobQueue'>;

/**
 * Marks the operation and terminates its AWS Batch jobs; its workflow then settles the runs and ends it.
 * A job submitted in the same moment is told to leave at its first sync.
 */
export const cancelOperation = useCase(route, async ({ params }, ports: Ports) => {
  const experiment = await findExperiment(params, ports);
  const number =
    params.operation === 'current' ? experiment.activeOperation : Number(params.operation);
  if (number === undefined) return { status: 200, body: { cancelled: false } };
  const operation = await markCancelling({ ...params, operation: number }, ports);
  if (operation.status !== 'cancelling') {
    return { status: 200, body: { cancelled: false, operation: showOperation(operation) } };
  }
  await ports.jobQueue.terminateByPrefix(jobNamePrefix(experiment.id, number), 'cancelled');
  return { status: 202, body: { cancelled: true, operation: showOperation(operation) } };
});

/** The operation, `cancelling` now unless it was over already. */
const markCancelling = async (
  key: Parameters<typeof findOperation>[0],
  ports: Ports,
): Promise<Operation> => {
  const operation = await findOperation(key, ports);
  if (!isActive(operation) || operation.status === 'cancelling') return operation;
  const cancelling: Operation = { ...operation, status: 'cancelling' };
  const marked = await ports.operations.replace(cancelling, operation.status);
  return marked ? cancelling : markCancelling(key, ports);
};
