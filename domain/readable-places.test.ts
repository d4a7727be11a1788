import { expect, test } from 'vitest';
import type { Locators } from './data-handle.ts';
import type { OperationRequest } from './operation.ts';
import { readablePlaces } from './readable-places.ts';

const own = { bucket: 'fanfold', workspace: 'team' };
const locators: Locators = {
  train: 's3://data/train.csv',
  validation: 's3://data/validation.csv',
  test: 's3://data/test.csv',
  predict: 's3://data/predict.csv',
  objects: 's3://data/images',
  testObjects: 's3://data/test-images//',
  misc: 's3://data/misc/',
};
const inference = (kind: 'test' | 'predict', uri: string): OperationRequest => ({
  kind,
  dataHandleId: 'dh-1',
  batchSize: 64,
  model: { kind: 'tag', uri, config: {} },
});

test('a download may read the whole dataset', () => {
  const request = { kind: 'download', dataHandleId: 'dh-1' } as const;
  expect(readablePlaces(request, locators, own)).toHaveLength(7);
});

test('a test may read its partition, the files that go with it, and its model', () => {
  expect(readablePlaces(inference('test', 's3://models/best.pt'), locators, own)).toEqual([
    's3://data/test.csv',
    's3://data/images/',
    's3://data/test-images/',
    's3://data/misc/',
    's3://models/best.pt',
  ]);
});

test('nobody may read another workspace’s part of the bucket', () => {
  const mine = 's3://fanfold/workspaces/team/experiments/old/runs/1/model.safetensors';
  for (const [uri, isReadable] of [
    [mine, true],
    ['s3://fanfold/workspaces/team/uploads/best.pt', true],
    ['s3://fanfold/workspaces/team-b/uploads/best.pt', false],
    ['s3://fanfold/workspaces/', false],
    ['s3://fanfold/artifacts/best.pt', false],
    ['s3://fanfold-b/workspaces/team-b/uploads/best.pt', true],
  ] as const) {
    expect(readablePlaces(inference('predict', uri), {}, own)).toEqual(isReadable ? [uri] : []);
  }
  const foreign = { predict: 's3://fanfold/workspaces/team-b/uploads/rows.csv' };
  expect(readablePlaces(inference('predict', mine), foreign, own)).toEqual([mine]);
});
