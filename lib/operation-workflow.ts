import { Duration } from 'aws-cdk-lib';
import { DistributedMap, JsonPath, StateMachineType, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { EngineJobArns } from './engine-job.ts';
import type { FanfoldFunction } from './fanfold-function.ts';
import { completeStep, failStep, operationFields, operationInput } from './operation-states.ts';
import type { Settings } from './settings.ts';
import { batchPattern, trainStatements } from './train-state.ts';
import { launchFields, workerStates } from './worker-states.ts';
import { WorkflowMachine } from './workflow-machine.ts';
import { workflowStep } from './workflow-step.ts';

/** Workers of one operation that run at once; more of them wait their turn. */
const maxConcurrency = 100;

/** An execution that outlives this is started anew by the sweeper and goes on where it was. */
export const operationDays = 90;

export interface OperationWorkflowProps {
  readonly settings: Settings;
  readonly jobs: EngineJobArns;
  /** Where workers find the API. */
  readonly apiUrl: string;
  readonly steps: Readonly<
    Record<'planOperation' | 'settleWorker' | 'completeOperation', FanfoldFunction>
  >;
}

/** Plans an operation's workers, runs each as an AWS Batch job until its runs are settled, completes. */
export class OperationWorkflow extends Construct {
  readonly workflow: WorkflowMachine;

  constructor(scope: Construct, id: string, props: OperationWorkflowProps) {
    super(scope, id);
    const { steps, settings, jobs, apiUrl } = props;
    const plan = workflowStep(this, 'Plan the workers', steps.planOperation, {
      payload: operationInput(),
      resultPath: '$.plan',
    });
    const fanOut = DistributedMap.jsonPath(this, 'Fan out to the workers', {
      label: 'Workers',
      itemsPath: '$.plan.workers',
      itemSelector: { ...operationFields(), ...launchFields('$$.Map.Item.Value') },
      maxConcurrency,
      mapExecutionType: StateMachineType.STANDARD,
      resultPath: JsonPath.DISCARD,
    });
    const { train } = workerStates(this, {
      jobs,
      apiUrl,
      settleWorker: steps.settleWorker,
      done: new Succeed(this, 'The worker is done', { outputPath: JsonPath.DISCARD }),
    });
    fanOut.itemProcessor(train);
    const fail = failStep(this, steps.completeOperation);
    for (const state of [plan, fanOut]) state.addCatch(fail, { resultPath: '$.failure' });

    this.workflow = new WorkflowMachine(this, 'Workflow', {
      settings,
      start: plan.next(fanOut).next(completeStep(this, steps.completeOperation)),
      steps: Object.values(steps),
      timeout: Duration.days(operationDays),
      comment: 'An operation with workers: fit, test, predict, download',
      variable: 'OPERATION_MACHINE_ARN',
    });
    this.workflow.allow(trainStatements(this, jobs), batchPattern);
    this.workflow.acknowledgeMapRuns('Workers');
  }
}
