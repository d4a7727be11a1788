import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, expect, test } from 'vitest';
import { MlflowMirror } from './mlflow-mirror.ts';
import { readSettings } from './settings.ts';
import { StateTable } from './state-table.ts';

const bundles = mkdtempSync(join(tmpdir(), 'fanfold-mirror-'));
mkdirSync(join(bundles, 'mirrorRuns'));
writeFileSync(join(bundles, 'mirrorRuns', 'index.mjs'), '');
afterAll(() => rmSync(bundles, { recursive: true }));

const template = (() => {
  const app = new App();
  const stack = new Stack(app, 'Mirror');
  const table = new StateTable(stack, 'State', { isFollowed: true });
  const deployment = { settings: readSettings(app.node), bundles };
  const trackingUri = 'https://mlflow.example.org';
  new MlflowMirror(stack, 'MlflowMirror', { deployment, table, trackingUri });
  return Template.fromStack(stack);
})();

test('what changed of runs waits in the table’s stream until it is shown', () => {
  template.hasResourceProperties('AWS::DynamoDB::Table', {
    StreamSpecification: { StreamViewType: 'KEYS_ONLY' },
  });
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    StartingPosition: 'TRIM_HORIZON',
    // Neither a number of tries nor an age puts an end to it.
    MaximumRetryAttempts: Match.absent(),
    MaximumRecordAgeInSeconds: Match.absent(),
    ParallelizationFactor: Match.absent(),
    FilterCriteria: {
      Filters: [{ Pattern: '{"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"RUN#"}]}}}}' }],
    },
  });
});

test('the mirror reads the table, follows it, and notes where runs are shown', () => {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  const actions = policies.flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.flatMap((one: { Action: string | string[] }) => one.Action),
  );
  const ofTheTable = actions.filter((action) => action.startsWith('dynamodb:'));
  expect(ofTheTable.sort()).toEqual([
    'dynamodb:BatchGetItem',
    'dynamodb:DescribeStream',
    'dynamodb:GetItem',
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
    'dynamodb:ListStreams',
    'dynamodb:Query',
    'dynamodb:UpdateItem',
  ]);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { MLFLOW_TRACKING_URI: 'https://mlflow.example.org' } },
  });
});
