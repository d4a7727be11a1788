import { Duration } from 'aws-cdk-lib';
import { Choice, Condition, JsonPath, Pass, Result } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FanfoldFunction } from './fanfold-function.ts';
import { completeStep, failStep, operationInput } from './operation-states.ts';
import { noRetryForBuckets } from './retries.ts';
import type { Settings } from './settings.ts';
import { WorkflowMachine } from './workflow-machine.ts';
import { workflowStep } from './workflow-step.ts';

/** Terabytes of checkpoints take hours to copy; a day means that something is wrong. */
const endDays = 1;

interface EndWorkflowProps {
  readonly settings: Settings;
  readonly saveArtifacts: FanfoldFunction;
  readonly completeOperation: FanfoldFunction;
}

/** Saves an experiment's artifacts, a bounded batch of runs at a time, and ends it. */
export class EndWorkflow extends Construct {
  readonly workflow: WorkflowMachine;

  constructor(scope: Construct, id: string, props: EndWorkflowProps) {
    super(scope, id);
    const start = new Pass(this, 'Start with the experiment’s own files', {
      result: Result.fromObject({ done: false, nextRunId: 0 }),
      resultPath: '$.saved',
    });
    const save = workflowStep(this, 'Save the artifacts', props.saveArtifacts, {
      payload: operationInput({ nextRunId: JsonPath.numberAt('$.saved.nextRunId') }),
      resultPath: '$.saved',
      firstRetry: noRetryForBuckets,
    });
    const complete = completeStep(this, props.completeOperation);
    const fail = failStep(this, props.completeOperation);
    save.addCatch(fail, { resultPath: '$.failure' });
    save.next(
      new Choice(this, 'Is everything saved?')
        .when(Condition.booleanEquals('$.saved.done', true), complete)
        .otherwise(save),
    );
    this.workflow = new WorkflowMachine(this, 'Workflow', {
      settings: props.settings,
      start: start.next(save),
      steps: [props.saveArtifacts, props.completeOperation],
      timeout: Duration.days(endDays),
      comment: 'An operation without workers: end',
      variable: 'END_MACHINE_ARN',
    });
  }
}
