import type { RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, type LambdaInvokeJsonPathProps } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { FanfoldFunction } from './fanfold-function.ts';
import { stepRetries } from './retries.ts';

interface StepProps
  extends Pick<LambdaInvokeJsonPathProps, 'payload' | 'resultSelector' | 'resultPath'> {
  /** Goes before the retries that every step has. */
  readonly firstRetry?: RetryProps;
}

/** A state that calls one of our functions and tries again what can be tried again. */
export const workflowStep = (
  scope: Construct,
  sentence: string,
  step: FanfoldFunction,
  { firstRetry, ...props }: StepProps = {},
): LambdaInvoke => {
  const state = LambdaInvoke.jsonPath(scope, sentence, {
    lambdaFunction: step.lambda,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    ...props,
  });
  if (firstRetry) state.addRetry(firstRetry);
  for (const retry of stepRetries) state.addRetry(retry);
  return state;
};
