import type { Operation } from './operation.ts';
import type { ExecutionRequest } from './ports.ts';

/** What the newest execution of an operation is asked to do. */
export const executionOf = (operation: Operation, experimentId: string): ExecutionRequest => ({
  workspace: operation.workspace,
  experiment: operation.experiment,
  operation: operation.operation,
  kind: operation.request.kind,
  execution: operation.executions,
  experimentId,
});
