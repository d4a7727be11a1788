import { Duration } from 'aws-cdk-lib';
import {
  Choice,
  Condition,
  DistributedMap,
  type IChainable,
  JsonPath,
  Pass,
  StateMachineType,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { EngineJobArns } from './engine-job.ts';
import type { FanfoldFunction } from './fanfold-function.ts';
import { completeStep, failStep, operationFields, operationInput } from './operation-states.ts';
import type { Settings } from './settings.ts';
import { trainState, trainStatements } from './train-state.ts';
import { WorkflowMachine } from './workflow-machine.ts';
import { workflowStep } from './workflow-step.ts';

/** Workers of one operation that run at once; more of them wait their turn. */
const maxConcurrency = 100;

/** An execution that outlives this is started anew by the sweeper and goes on where it was. */
const operationDays = 90;

interface OperationWorkflowProps {
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
    const { steps, settings, jobs } = props;
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
    fanOut.itemProcessor(this.worker(props));
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
    this.workflow.allow(
      trainStatements(this, jobs),
      'Batch names each job by an id of its own, and each revision of a definition by a number.',
    );
    this.workflow.acknowledgeMapRuns('Workers');
  }

  /** One item of the map: jobs one after the other until nothing is left for this worker. */
  private worker({ jobs, apiUrl, steps }: OperationWorkflowProps): IChainable {
    const train = trainState(this, jobs, apiUrl);
    const settle = workflowStep(this, 'Settle the worker', steps.settleWorker, {
      resultPath: '$.settled',
    });
    const takeUpAgain = new Pass(this, 'Take the worker up again', {
      parameters: { ...operationFields(), ...launchFields('$.settled') },
    });
    const waitForOthers = new Wait(this, 'Wait for the runs of other workers', {
      time: WaitTime.secondsPath('$.settled.seconds'),
    });
    const done = new Succeed(this, 'The worker is done', { outputPath: JsonPath.DISCARD });
    train.addCatch(settle, { resultPath: '$.failure' });
    settle.next(
      new Choice(this, 'Is anything left for the worker?')
        .when(Condition.stringEquals('$.settled.next', 'train'), takeUpAgain.next(train))
        .when(Condition.stringEquals('$.settled.next', 'wait'), waitForOthers.next(settle))
        .otherwise(done),
    );
    return train.next(settle);
  }
}

/** What starts a worker's job, as the steps hand it on. */
const launchFields = (path: string) => ({
  worker: JsonPath.stringAt(`${path}.worker`),
  jobName: JsonPath.stringAt(`${path}.jobName`),
  token: JsonPath.stringAt(`${path}.token`),
  queue: JsonPath.numberAt(`${path}.queue`),
});
