import { BatchClient } from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { STSClient } from '@aws-sdk/client-sts';
import type { StorageCredentials } from '../../domain/ports.ts';
import { BatchJobQueue } from '../batch-job-queue.ts';
import { DynamoAuditLog } from '../dynamo-audit-log.ts';
import { DynamoCallQuota } from '../dynamo-call-quota.ts';
import { DynamoControlLog } from '../dynamo-control-log.ts';
import { DynamoDataHandleStore } from '../dynamo-data-handle-store.ts';
import { DynamoEpochCheckpointStore } from '../dynamo-epoch-checkpoint-store.ts';
import { DynamoExperimentStore } from '../dynamo-experiment-store.ts';
import { DynamoJobNoteStore } from '../dynamo-job-note-store.ts';
import { DynamoOccurrenceStore } from '../dynamo-occurrence-store.ts';
import { DynamoOperationStore } from '../dynamo-operation-store.ts';
import { DynamoResultStore } from '../dynamo-result-store.ts';
import { DynamoRunStore } from '../dynamo-run-store.ts';
import { DynamoRungStore } from '../dynamo-rung-store.ts';
import { DynamoScheduleStore } from '../dynamo-schedule-store.ts';
import { DynamoTable } from '../dynamo-table.ts';
import { DynamoTokenStore } from '../dynamo-token-store.ts';
import { DynamoWorkerStore } from '../dynamo-worker-store.ts';
import { S3ArtifactStore } from '../s3-artifact-store.ts';
import { S3Downloads } from '../s3-downloads.ts';
import { S3Exports } from '../s3-exports.ts';
import { S3SavedArtifacts } from '../s3-saved-artifacts.ts';
import { S3SecretKeeper } from '../s3-secret-keeper.ts';
import { S3Uploads } from '../s3-uploads.ts';
import { StepFunctionsWorkflows } from '../step-functions-workflows.ts';
import { StsCredentialIssuer } from '../sts-credential-issuer.ts';
import { createMachine, createQueue, createRole, createTable } from './aws-resources.ts';
import type { EmulatorConfig } from './emulator.ts';

const tableName = 'fanfold';
const bucket = 'fanfold-artifacts';
const usersBucket = 'fanfold-of-a-user';

/** The ports over AWS, the resources they need, and what their suites look at them with. */
export const makeAwsPorts = async (config: EmulatorConfig) => ({
  ...(await stores(config)),
  ...(await objects(config)),
  ...(await workflows(config)),
  ...(await jobs(config)),
});

export type AwsPorts = Awaited<ReturnType<typeof makeAwsPorts>>;

const stores = async (config: EmulatorConfig) => {
  const dynamo = new DynamoDBClient(config);
  await createTable(dynamo, tableName);
  const table = new DynamoTable(dynamo, tableName);
  return { table, ...storesOver(table) };
};

export const storesOver = (table: DynamoTable) => ({
  experiments: new DynamoExperimentStore(table),
  operations: new DynamoOperationStore(table),
  runs: new DynamoRunStore(table),
  results: new DynamoResultStore(table),
  rungs: new DynamoRungStore(table),
  epochCheckpoints: new DynamoEpochCheckpointStore(table),
  workers: new DynamoWorkerStore(table),
  controlLog: new DynamoControlLog(table),
  jobNotes: new DynamoJobNoteStore(table),
  dataHandles: new DynamoDataHandleStore(table),
  schedules: new DynamoScheduleStore(table),
  occurrences: new DynamoOccurrenceStore(table),
  tokens: new DynamoTokenStore(table),
  quota: new DynamoCallQuota(table),
  auditLog: new DynamoAuditLog(table),
});

const objects = async (config: EmulatorConfig) => {
  const s3 = new S3Client(config);
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new CreateBucketCommand({ Bucket: usersBucket }));
  const roleArn = await createRole(config, 'storage');
  return {
    s3,
    artifacts: new S3ArtifactStore(s3, bucket),
    secrets: new S3SecretKeeper(s3, bucket),
    savedArtifacts: new S3SavedArtifacts(s3, bucket),
    usersArtifacts: new S3ArtifactStore(s3, usersBucket),
    dataset: new S3ArtifactStore(s3, usersBucket),
    uploads: new S3Uploads(config, bucket),
    downloads: new S3Downloads(s3, bucket),
    exports: new S3Exports(s3, bucket),
    credentials: new StsCredentialIssuer(new STSClient(config), roleArn),
    artifactsFor: (issued: StorageCredentials, of: string) =>
      new S3ArtifactStore(new S3Client({ ...config, credentials: issued }), of),
  };
};

const workflows = async (config: EmulatorConfig) => {
  const sfn = new SFNClient(config);
  const roleArn = await createRole(config, 'machine');
  const wait = { Type: 'Wait', Seconds: 600 };
  const slow = await createMachine(sfn, { name: 'operation', roleArn, only: wait });
  const quick = await createMachine(sfn, { name: 'end', roleArn, only: { Type: 'Pass' } });
  return {
    workflows: new StepFunctionsWorkflows(sfn, {
      operation: () => slow,
      worker: () => slow,
      end: () => quick,
    }),
    inputOf: async (name: string): Promise<unknown> => {
      const executionArn = `${slow.replace(':stateMachine:', ':execution:')}:${name}`;
      const { input = '' } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      return JSON.parse(input);
    },
  };
};

const jobs = async (config: EmulatorConfig) => {
  const batch = new BatchClient(config);
  const { queueArn, submit } = await createQueue(batch);
  return { jobQueue: new BatchJobQueue(batch, [queueArn]), submit };
};
