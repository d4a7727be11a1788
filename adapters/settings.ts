/*
 * What a function is told by its environment, typed. A variable is read when it is first asked for, so
 * that each function needs only those it uses; one that is missing or wrong is named.
 */

const text = (name: string): string => {
  // biome-ignore lint/style/noProcessEnv: the one place that reads the environment
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`environment variable ${name} is not set; this function needs it`);
  }
  return value;
};

const positive = (name: string): number => {
  const value = Number(text(name));
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(
      `environment variable ${name} must be a whole number from 1, not ${text(name)}`,
    );
  }
  return value;
};

const price = (name: string): number => {
  const value = Number(text(name));
  if (!(Number.isFinite(value) && value >= 0)) {
    throw new Error(`environment variable ${name} must be a number from 0, not ${text(name)}`);
  }
  return value;
};

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
  endMachineArn: once(text, 'END_MACHINE_ARN'),
  jobQueueArn: once(text, 'JOB_QUEUE_ARN'),
  mlSpecCheckName: once(text, 'ML_SPEC_CHECK_NAME'),
  storageRoleArn: once(text, 'STORAGE_ROLE_ARN'),
  defaultMaxWorkers: once(positive, 'DEFAULT_MAX_WORKERS'),
  gpuHourUsd: once(price, 'GPU_HOUR_USD'),
} as const;
