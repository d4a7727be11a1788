import type { SFNClient } from '@aws-sdk/client-sfn';
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { ExecutionRequest, Workflows } from '../domain/ports.ts';

/** The ARNs, asked for when needed, of the state machines. */
export interface Machines {
  /** For operations with workers. */
  readonly operation: () => string;
  /** For a worker that is added to an operation. */
  readonly worker: () => string;
  /** For the end of an experiment. */
  readonly end: () => string;
}

/** Executions are named after what they are asked, so that the same is never started twice. */
export class StepFunctionsWorkflows implements Workflows {
  readonly #client: SFNClient;
  readonly #machines: Machines;

  constructor(client: SFNClient, machines: Machines) {
    this.#client = client;
    this.#machines = machines;
  }

  async start(request: ExecutionRequest): Promise<void> {
    const { workspace, experiment, operation, worker, execution } = request;
    const start = new StartExecutionCommand({
      stateMachineArn: this.#machineArn(request),
      name: executionName(request),
      input: JSON.stringify({ workspace, experiment, operation, ...named(worker), execution }),
    });
    try {
      await this.#client.send(start);
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
    }
  }

  async status(request: ExecutionRequest): Promise<'missing' | 'running' | 'over'> {
    const machine = this.#machineArn(request).replace(':stateMachine:', ':execution:');
    const executionArn = `${machine}:${executionName(request)}`;
    try {
      const found = await this.#client.send(new DescribeExecutionCommand({ executionArn }));
      return found.status === 'RUNNING' || found.status === 'PENDING_REDRIVE' ? 'running' : 'over';
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return 'missing';
      throw error;
    }
  }

  #machineArn({ kind, worker }: ExecutionRequest): string {
    if (worker !== undefined) return this.#machines.worker();
    return kind === 'end' ? this.#machines.end() : this.#machines.operation();
  }
}

/** Steps are given a worker's number as text, as the parameters of its jobs are. */
const named = (worker: number | undefined): { readonly worker?: string } =>
  worker === undefined ? {} : { worker: String(worker) };

const executionName = (request: ExecutionRequest): string => {
  const { experimentId, operation, worker, execution } = request;
  const whose = worker === undefined ? `${operation}` : `${operation}-worker-${worker}`;
  return `${experimentId}-${whose}-${execution}`;
};
