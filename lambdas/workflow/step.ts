import type { Experiment } from '../../domain/experiment.ts';
import type { Operation } from '../../domain/operation.ts';
import type { Queue } from '../../domain/worker.ts';
import type { WorkflowPorts } from './ports.ts';

/** What every step is told: the operation it works for. */
export interface StepInput {
  readonly workspace: string;
  readonly experiment: string;
  readonly operation: number;
}

/** What the state machine needs to start a worker's AWS Batch job. Strings, as job parameters are, but for the queue. */
export interface WorkerLaunch {
  readonly worker: string;
  readonly jobName: string;
  readonly token: string;
  readonly queue: Queue;
}

/** The step's experiment and operation; they are never removed, so a missing one is a fault. */
export const findStep = async (
  input: StepInput,
  { experiments, operations }: Pick<WorkflowPorts, 'experiments' | 'operations'>,
): Promise<{ readonly experiment: Experiment; readonly operation: Operation }> => {
  const [experiment, operation] = await Promise.all([
    experiments.find(input),
    operations.find(input),
  ]);
  if (!experiment || !operation) throw new Error(`no operation ${JSON.stringify(input)}`);
  return { experiment, operation };
};
