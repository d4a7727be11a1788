import { BatchClient } from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { BatchJobQueue } from './batch-job-queue.ts';
import { DynamoAuditLog } from './dynamo-audit-log.ts';
import { DynamoCallQuota } from './dynamo-call-quota.ts';
import { DynamoControlLog } from './dynamo-control-log.ts';
import { DynamoDataHandleStore } from './dynamo-data-handle-store.ts';
import { DynamoEpochCheckpointStore } from './dynamo-epoch-checkpoint-store.ts';
import { DynamoExperimentStore } from './dynamo-experiment-store.ts';
import { DynamoJobNoteStore } from './dynamo-job-note-store.ts';
import { DynamoOccurrenceStore } from './dynamo-occurrence-store.ts';
import { DynamoOperationStore } from './dynamo-operation-store.ts';
import { DynamoResultStore } from './dynamo-result-store.ts';
import { DynamoRunStore } from './dynamo-run-store.ts';
import { DynamoRungStore } from './dynamo-rung-store.ts';
import { DynamoScheduleStore } from './dynamo-schedule-store.ts';
import { DynamoTable } from './dynamo-table.ts';
import { DynamoTokenStore } from './dynamo-token-store.ts';
import { DynamoWorkerStore } from './dynamo-worker-store.ts';
import { EventBridgeTimetable } from './event-bridge-timetable.ts';
import { LambdaMlSpecChecker } from './lambda-ml-spec-checker.ts';
import { LambdaOccurrenceStarter } from './lambda-occurrence-starter.ts';
import { MlflowApi } from './mlflow-api.ts';
import { mlflowServer } from './mlflow-server.ts';
import { MlflowTracker } from './mlflow-tracker.ts';
import { nodeEntropy } from './node-entropy.ts';
import { OidcIdentityProvider } from './oidc-identity-provider.ts';
import { S3ArtifactStore } from './s3-artifact-store.ts';
import { S3Downloads } from './s3-downloads.ts';
import { S3Exports } from './s3-exports.ts';
import { S3SavedArtifacts } from './s3-saved-artifacts.ts';
import { S3SecretKeeper } from './s3-secret-keeper.ts';
import { S3TemplateKeeper } from './s3-template-keeper.ts';
import { S3Uploads } from './s3-uploads.ts';
import { settings } from './settings.ts';
import { SnsAnnouncer } from './sns-announcer.ts';
import { StepFunctionsWorkflows } from './step-functions-workflows.ts';
import { storagePolicy } from './storage-policy.ts';
import { StsCredentialIssuer } from './sts-credential-issuer.ts';
import { systemClock } from './system-clock.ts';

/* Every port over AWS, made when it is first asked for; a bundle carries only those its function asks for. */

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** Path style works on AWS and wherever a bucket has no host name of its own. */
const s3 = { forcePathStyle: true };

const table = /* @__PURE__ */ once(
  () => new DynamoTable(new DynamoDBClient(), settings.tableName()),
);

export const experiments = /* @__PURE__ */ once(() => new DynamoExperimentStore(table()));
export const operations = /* @__PURE__ */ once(() => new DynamoOperationStore(table()));
export const runs = /* @__PURE__ */ once(() => new DynamoRunStore(table()));
export const results = /* @__PURE__ */ once(() => new DynamoResultStore(table()));
export const rungs = /* @__PURE__ */ once(() => new DynamoRungStore(table()));
export const epochCheckpoints = /* @__PURE__ */ once(() => new DynamoEpochCheckpointStore(table()));
export const workers = /* @__PURE__ */ once(() => new DynamoWorkerStore(table()));
export const controlLog = /* @__PURE__ */ once(() => new DynamoControlLog(table()));
export const jobNotes = /* @__PURE__ */ once(() => new DynamoJobNoteStore(table()));
export const dataHandles = /* @__PURE__ */ once(() => new DynamoDataHandleStore(table()));
export const schedules = /* @__PURE__ */ once(() => new DynamoScheduleStore(table()));
export const occurrences = /* @__PURE__ */ once(() => new DynamoOccurrenceStore(table()));
export const tokens = /* @__PURE__ */ once(() => new DynamoTokenStore(table()));
export const quota = /* @__PURE__ */ once(() => new DynamoCallQuota(table()));
export const auditLog = /* @__PURE__ */ once(() => new DynamoAuditLog(table()));
export const identityProvider = /* @__PURE__ */ once(() => {
  const issuer = settings.oidcIssuer();
  return issuer === undefined
    ? undefined
    : new OidcIdentityProvider({ issuer, audience: settings.oidcAudience() });
});

export const artifacts = /* @__PURE__ */ once(
  () => new S3ArtifactStore(new S3Client(s3), settings.bucketName()),
);
export const savedArtifacts = /* @__PURE__ */ once(
  () => new S3SavedArtifacts(new S3Client(s3), settings.bucketName()),
);
export const secrets = /* @__PURE__ */ once(
  () => new S3SecretKeeper(new S3Client(s3), settings.bucketName()),
);
export const templates = /* @__PURE__ */ once(
  () => new S3TemplateKeeper(new S3Client(s3), settings.bucketName()),
);
export const bucket = settings.bucketName;
export const exports = /* @__PURE__ */ once(
  () => new S3Exports(new S3Client(s3), settings.bucketName()),
);
export const uploads = /* @__PURE__ */ once(() => new S3Uploads(s3, settings.bucketName()));
export const downloads = /* @__PURE__ */ once(
  () => new S3Downloads(new S3Client(s3), settings.bucketName()),
);

export const workflows = /* @__PURE__ */ once(
  () =>
    new StepFunctionsWorkflows(new SFNClient(), {
      operation: settings.operationMachineArn,
      worker: settings.workerMachineArn,
      end: settings.endMachineArn,
    }),
);
export const jobQueue = /* @__PURE__ */ once(
  () => new BatchJobQueue(new BatchClient(), settings.jobQueueArns()),
);
export const mlSpecs = /* @__PURE__ */ once(
  () => new LambdaMlSpecChecker(new LambdaClient(), settings.mlSpecCheckName()),
);
export const timetable = /* @__PURE__ */ once(
  () =>
    new EventBridgeTimetable(new SchedulerClient(), {
      group: settings.scheduleGroup(),
      targetArn: settings.scheduleTargetArn(),
      roleArn: settings.scheduleRoleArn(),
    }),
);
export const occurrenceStarter = /* @__PURE__ */ once(
  () => new LambdaOccurrenceStarter(new LambdaClient(), settings.scheduleTargetArn()),
);
export const announcer = /* @__PURE__ */ once(
  () => new SnsAnnouncer(new SNSClient(), settings.announcementsTopicArn()),
);
export const credentials = /* @__PURE__ */ once(
  () => new StsCredentialIssuer(new STSClient(), settings.storageRoleArn()),
);

export const tracker = /* @__PURE__ */ once(() => {
  const named = { uri: settings.mlflowTrackingUri(), secretArn: settings.mlflowSecretArn() };
  return new MlflowTracker(new MlflowApi(mlflowServer(named, new SecretsManagerClient())));
});

export const checkScope = storagePolicy;
export const clock = systemClock;
export const entropy = nodeEntropy;
export const maxWorkers = settings.defaultMaxWorkers;
export const gpuHourUsd = settings.gpuHourUsd;
