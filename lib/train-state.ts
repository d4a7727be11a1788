import { Aws, Duration, Stack } from 'aws-cdk-lib';
import type { PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import { CustomState } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { EngineJobArns } from './engine-job.ts';
import { submitJobRetry } from './retries.ts';

/** 5 attempts of 7 days, and as long again to wait for a GPU. */
const jobDays = 70;

/**
 * The state that submits a worker's job and waits for its end.
 *
 * Batch's fair-share policy divides the GPUs among share identifiers, here the workspaces. They are
 * letters and digits only, so it is the workspace's hash.
 */
export const trainState = (
  scope: Construct,
  { jobQueueArns, jobDefinitionName }: EngineJobArns,
  apiUrl: string,
): CustomState =>
  new CustomState(scope, 'Train on one worker', {
    stateJson: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::batch:submitJob.sync`,
      Parameters: {
        'JobName.$': '$.jobName',
        'JobQueue.$': `States.ArrayGetItem(States.Array('${jobQueueArns.join("', '")}'), $.queue)`,
        JobDefinition: jobDefinitionName,
        'ShareIdentifier.$': "States.Hash($.workspace, 'MD5')",
        Parameters: {
          'workspace.$': '$.workspace',
          'experiment.$': '$.experiment',
          'operation.$': "States.Format('{}', $.operation)",
          'worker.$': '$.worker',
        },
        ContainerOverrides: {
          Environment: [
            { Name: 'FANFOLD_URL', Value: apiUrl },
            { Name: 'FANFOLD_WORKER_TOKEN', 'Value.$': '$.token' },
          ],
        },
      },
      TimeoutSeconds: Duration.days(jobDays).toSeconds(),
      ResultPath: null,
    },
  }).addRetry(submitJobRetry);

/** Why resources of those statements are named by patterns. */
export const batchPattern =
  'Batch names each job by an id of its own, and each revision of a definition by a number.';

/** What that state needs: the job itself, and the rule by which Step Functions hears of its end. */
export const trainStatements = (
  scope: Construct,
  { jobQueueArns, jobDefinitionName }: EngineJobArns,
): readonly PolicyStatementProps[] => {
  const arn = (service: string, resource: string, resourceName: string): string =>
    Stack.of(scope).formatArn({ service, resource, resourceName });
  return [
    {
      actions: ['batch:SubmitJob'],
      resources: [
        ...jobQueueArns,
        arn('batch', 'job-definition', jobDefinitionName),
        arn('batch', 'job-definition', `${jobDefinitionName}:*`),
      ],
    },
    { actions: ['batch:DescribeJobs'], resources: ['*'] },
    { actions: ['batch:TerminateJob'], resources: [arn('batch', 'job', '*')] },
    {
      actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      resources: [arn('events', 'rule', 'StepFunctionsGetEventsForBatchJobsRule')],
    },
  ];
};
