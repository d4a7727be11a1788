import { Fail, JsonPath, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { FanfoldFunction } from './fanfold-function.ts';
import { workflowStep } from './workflow-step.ts';

/* What both state machines say of an operation. */

/** The operation, as every step is told of it. */
export const operationFields = () => ({
  workspace: JsonPath.stringAt('$.workspace'),
  experiment: JsonPath.stringAt('$.experiment'),
  operation: JsonPath.numberAt('$.operation'),
});

export const operationInput = (more: Record<string, unknown> = {}): TaskInput =>
  TaskInput.fromObject({ ...operationFields(), ...more });

export const completeStep = (
  scope: Construct,
  completeOperation: FanfoldFunction,
  more: Record<string, unknown> = {},
): LambdaInvoke =>
  workflowStep(scope, 'Complete the operation', completeOperation, {
    payload: operationInput(more),
  });

/**
 * What a step that cannot be done leads to, with `$.failure` as it was caught. The error stays the
 * execution's own too, so that the alarm on failed executions sees it.
 */
export const failStep = (scope: Construct, completeOperation: FanfoldFunction) =>
  workflowStep(scope, 'Fail the operation', completeOperation, {
    payload: operationInput({ failure: JsonPath.objectAt('$.failure') }),
    resultPath: JsonPath.DISCARD,
  }).next(
    new Fail(scope, 'The operation failed', {
      errorPath: JsonPath.stringAt('$.failure.Error'),
      causePath: JsonPath.stringAt('$.failure.Cause'),
    }),
  );
