/*
 * What a function is told by its environment, typed. A variable is read when it is first asked for, so
 * that each function needs only those it uses; one that is missing or wrong is named.
 */

const text = (name: string): string => {
  // biome-ignore lint/style/noProcessEnv: the one place that reads the environment
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`environment variable ${name} is not set`);
  }
  return value;
};

/** `undefined` where the deployment has none. */
const optional = (name: string): string | undefined =>
  // biome-ignore lint/style/noProcessEnv: as above
  process.env[name] || undefined;

const number = (name: string, what: string, fits: (value: number) => boolean): number => {
  const value = Number(text(name));
  if (fits(value)) return value;
  throw new Error(`environment variable ${name} must be ${what}, not ${text(name)}`);
};

const positive = (name: string): number =>
  number(name, 'a whole number from 1', (value) => Number.isSafeInteger(value) && value >= 1);

const price = (name: string): number =>
  number(name, 'a number from 0', (value) => Number.isFinite(value) && value >= 0);

const once = <T>(read: (name: string) => T, name: string): (() => T) => {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: read(name) };
    return known.value;
  };
};

export const settings = {
  tableName: once(text, 'TABLE_NAME'),
  bucketName: once(text, 'BUCKET_NAME'),
  operationMachineArn: once(text, 'OPERATION_MACHINE_ARN'),
  workerMachineArn: once(text, 'WORKER_MACHINE_ARN'),
  endMachineArn: once(text, 'END_MACHINE_ARN'),
  jobQueueArns: once((name) => text(name).split(','), 'JOB_QUEUE_ARNS'),
  mlSpecCheckName: once(text, 'ML_SPEC_CHECK_NAME'),
  storageRoleArn: once(text, 'STORAGE_ROLE_ARN'),
  defaultMaxWorkers: once(positive, 'DEFAULT_MAX_WORKERS'),
  gpuHourUsd: once(price, 'GPU_HOUR_USD'),
  mlflowTrackingUri: once(text, 'MLFLOW_TRACKING_URI'),
  mlflowSecretArn: once(optional, 'MLFLOW_SECRET_ARN'),
  scheduleGroup: once(text, 'SCHEDULE_GROUP'),
  scheduleTargetArn: once(text, 'SCHEDULE_TARGET_ARN'),
  scheduleRoleArn: once(text, 'SCHEDULE_ROLE_ARN'),
  announcementsTopicArn: once(text, 'ANNOUNCEMENTS_TOPIC_ARN'),
  oidcIssuer: once(optional, 'OIDC_ISSUER'),
  oidcAudience: once(text, 'OIDC_AUDIENCE'),
} as const;
