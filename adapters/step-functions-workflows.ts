import type { SFNClient } from '@aws-sdk/client-sfn';
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { ExecutionRequest, Workflows } from '../domain/ports.ts';

/** The ARNs, asked for when needed, of the state machine for operations with workers and of the one that ends experiments. */
export interface Machines {
  readonly operation: () => string;
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
    const { workspace, experiment, operation, execution } = request;
    const start = new StartExecutionCommand({
      stateMachineArn: this.#machineArn(request),
      name: executionName(request),
      input: JSON.stringify({ workspace, experiment, operation, execution }),
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

  #machineArn({ kind }: ExecutionRequest): string {
    return kind === 'end' ? this.#machines.end() : this.#machines.operation();
  }
}

const executionName = ({ experimentId, operation, execution }: ExecutionRequest): string =>
  `${experimentId}-${operation}-${execution}`;
