import type { Operation } from './operation.ts';
import type { ExecutionRequest } from './ports.ts';
import type { Worker } from './worker.ts';

/** What the newest execution of an operation is asked to do. */
export const executionOf = (operation: Operation, experimentId: string): ExecutionRequest => ({
  workspace: operation.workspace,
  experiment: operation.experiment,
  operation: operation.operation,
  kind: operation.request.kind,
  execution: operation.executions,
  experimentId,
});

/** What the newest execution of a worker that was added to a fit is asked to do. */
export const executionOfWorker = (
  { workspace, experiment, operation, worker, executions = 1 }: Worker,
  experimentId: string,
): ExecutionRequest => ({
  workspace,
  experiment,
  operation,
  kind: 'fit',
  worker,
  execution: executions,
  experimentId,
});
