import { Duration } from 'aws-cdk-lib';
import { Chain, JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { completeStep } from './operation-states.ts';
import type { OperationWorkflowProps } from './operation-workflow.ts';
import { operationDays } from './operation-workflow.ts';
import { batchPattern, trainStatements } from './train-state.ts';
import { workerStates } from './worker-states.ts';
import { WorkflowMachine } from './workflow-machine.ts';

interface WorkerWorkflowProps extends Omit<OperationWorkflowProps, 'steps'> {
  readonly steps: Pick<OperationWorkflowProps['steps'], 'settleWorker' | 'completeOperation'>;
}

/**
 * Runs a worker that was added to an operation under way, as those of the plan are run. Whichever
 * execution of an operation ends last completes it. One that fails is started anew by the sweeper.
 */
export class WorkerWorkflow extends Construct {
  readonly workflow: WorkflowMachine;

  constructor(scope: Construct, id: string, props: WorkerWorkflowProps) {
    super(scope, id);
    const { settings, jobs, apiUrl, steps } = props;
    const { settle } = workerStates(this, {
      jobs,
      apiUrl,
      settleWorker: steps.settleWorker,
      done: completeStep(this, steps.completeOperation, { worker: JsonPath.stringAt('$.worker') }),
    });
    this.workflow = new WorkflowMachine(this, 'Workflow', {
      settings,
      start: Chain.start(settle),
      steps: Object.values(steps),
      timeout: Duration.days(operationDays),
      comment: 'A worker added to an operation',
      variable: 'WORKER_MACHINE_ARN',
    });
    this.workflow.allow(trainStatements(this, jobs), batchPattern);
  }
}
