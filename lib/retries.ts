import { Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';

/**
 * SubmitJob is throttled at 50 calls per second in an account. 100 workers that start at once come
 * back spread evenly over each interval: 2, 4, 8 … 60 s, 13 tries, 9 minutes at most.
 */
export const submitJobRetry: RetryProps = {
  errors: [
    'Batch.TooManyRequestsException',
    'Batch.ServerException',
    'Batch.AWSBatchException',
    'Batch.SdkClientException',
  ],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.seconds(60),
  maxAttempts: 13,
  jitterStrategy: JitterType.FULL,
};

/** Lambda itself is short of capacity or in trouble: 1, 2, 4 … 60 s, 12 tries, up to 7 minutes. */
const lambdaRetry: RetryProps = {
  errors: [
    'Lambda.TooManyRequestsException',
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
  ],
  interval: Duration.seconds(1),
  backoffRate: 2,
  maxDelay: Duration.seconds(60),
  maxAttempts: 12,
  jitterStrategy: JitterType.FULL,
};

/**
 * A step threw: it lost a race, or a service it calls is down. Every step can be done again, so it is:
 * after 2, 6, 18, 54, 162 and 300 s, 9 minutes in all, before an operation of hours is given up.
 */
const stepRetry: RetryProps = {
  errors: ['States.ALL'],
  interval: Duration.seconds(2),
  backoffRate: 3,
  maxDelay: Duration.seconds(300),
  maxAttempts: 6,
};

/** The user's bucket is not there, or not ours to write to: told at once, since no other try does better. */
export const noRetryForBuckets: RetryProps = {
  errors: ['NoSuchBucket', 'AccessDenied'],
  maxAttempts: 0,
};

/** In the order in which Step Functions tries them. */
export const stepRetries: readonly RetryProps[] = [lambdaRetry, stepRetry];
