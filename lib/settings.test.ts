import { App } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

const read = (context: Record<string, unknown>) => readSettings(new App({ context }).node);

test('without context everything has a value that works', () => {
  expect(read({})).toEqual({
    stackPrefix: 'Fanfold',
    maxWorkers: 8,
    maxGpus: 16,
    gpusPerWorker: 1,
    gpuHourUsd: 0.526,
    instanceTypes: ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'],
    artifactBuckets: [],
    dataBuckets: [],
    logRetentionDays: 30,
  });
});

test('the command line’s texts become numbers and lists', () => {
  const settings = read({ maxWorkers: '4', dataBuckets: 'images,tables-*', logRetentionDays: '7' });
  expect(settings).toMatchObject({
    maxWorkers: 4,
    dataBuckets: ['images', 'tables-*'],
    logRetentionDays: 7,
  });
});

test.each([
  ['maxWorkers', 0],
  ['maxWorkers', 'many'],
  ['maxWorkers', 2.5],
  ['gpusPerWorker', 0],
  ['gpuHourUsd', -1],
  ['gpuHourUsd', 'cheap'],
  ['stackPrefix', '1st'],
  ['instanceTypes', []],
  ['instanceTypes', 'huge'],
  ['artifactBuckets', ['s3://bucket']],
  ['alarmEmail', 'me'],
  ['mlflowTrackingUri', 'mlflow.example.org'],
  ['mlflowTrackingUri', 'file:///tmp/mlruns'],
  ['mlflowTrackingUri', 'arn:aws:s3:::mlflow'],
  ['mlflowSecretArn', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:mlflow-a1b2c3'],
  ['logRetentionDays', 8],
])('%s = %j is refused by name', (name, value) => {
  expect(() => read({ [name]: value })).toThrow(name);
});

test('workers of several GPUs need hosts that have them', () => {
  expect(() => read({ gpusPerWorker: 4 })).toThrow(/instanceTypes: must name hosts/);
  const hosts = { instanceTypes: 'g5.12xlarge', gpusPerWorker: '4' };
  expect(() => read({ ...hosts, maxGpus: 2 })).toThrow(/maxGpus: must let one worker/);
  expect(read(hosts)).toMatchObject({ gpusPerWorker: 4, instanceTypes: ['g5.12xlarge'] });
});
