import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Access } from './access.ts';

/** Finds jobs of the queues by name and terminates them. */
export const jobTermination = (scope: Construct, jobQueueArns: readonly string[]): Access => ({
  environment: { JOB_QUEUE_ARNS: jobQueueArns.join(',') },
  statements: [
    { actions: ['batch:ListJobs'], resources: ['*'] },
    {
      actions: ['batch:TerminateJob'],
      resources: [
        Stack.of(scope).formatArn({ service: 'batch', resource: 'job', resourceName: '*' }),
      ],
    },
  ],
  pattern: 'Batch can list jobs only as a whole, and names each by an id of its own.',
});
