import type { BatchClient } from '@aws-sdk/client-batch';
import {
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import type { EmulatorConfig } from './emulator.ts';

/* What the CDK app deploys, as far as the adapters' tests need it. */

export const createTable = async (dynamo: DynamoDBClient, tableName: string): Promise<void> => {
  await dynamo.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: ['pk', 'sk', 'activePk', 'activeSk'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'active',
          KeySchema: [
            { AttributeName: 'activePk', KeyType: 'HASH' },
            { AttributeName: 'activeSk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
};

/** A state machine of one state; returns its ARN. */
export const createMachine = async (
  sfn: SFNClient,
  {
    name,
    roleArn,
    only,
  }: { name: string; roleArn: string; only: Readonly<Record<string, unknown>> },
): Promise<string> => {
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name,
      roleArn,
      definition: JSON.stringify({ StartAt: 'Only', States: { Only: { ...only, End: true } } }),
    }),
  );
  if (stateMachineArn === undefined) throw new Error(`${name} was not created`);
  return stateMachineArn;
};

/** A job queue, and a way to submit jobs to it that take long. */
export const createQueue = async (batch: BatchClient) => {
  await batch.send(
    new CreateComputeEnvironmentCommand({ computeEnvironmentName: 'hosts', type: 'UNMANAGED' }),
  );
  const queue = await batch.send(
    new CreateJobQueueCommand({
      jobQueueName: 'queue',
      priority: 1,
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'hosts' }],
    }),
  );
  await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'sleeper',
      type: 'container',
      containerProperties: { image: 'none', command: ['sleep', '600'] },
    }),
  );
  const submit = async (jobName: string) => {
    const job = { jobName, jobQueue: 'queue', jobDefinition: 'sleeper' };
    const { jobId = '' } = await batch.send(new SubmitJobCommand(job));
    return async (): Promise<string | undefined> => {
      const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [jobId] }));
      return jobs?.[0]?.status;
    };
  };
  return { queueArn: queue.jobQueueArn ?? '', submit };
};

/** A role that may do everything there, so that only a session policy narrows it; returns its ARN. */
export const createRole = async (
  { endpoint }: EmulatorConfig,
  RoleName: string,
): Promise<string> => {
  const trust = [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }];
  const all = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  const policy = (Statement: readonly unknown[]) =>
    JSON.stringify({ Version: '2012-10-17', Statement });
  await iam(endpoint, { Action: 'CreateRole', RoleName, AssumeRolePolicyDocument: policy(trust) });
  const grant = { RoleName, PolicyName: 'all', PolicyDocument: policy(all) };
  await iam(endpoint, { Action: 'PutRolePolicy', ...grant });
  return `arn:aws:iam::000000000000:role/${RoleName}`;
};

/** One call of IAM's, whose SDK client the product has no other use for. */
const iam = async (endpoint: string, call: Readonly<Record<string, string>>): Promise<void> => {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: new URLSearchParams({ ...call, Version: '2010-05-08' }),
  });
  if (!answer.ok) throw new Error(await answer.text());
};
