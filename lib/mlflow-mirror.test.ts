import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, expect, test } from 'vitest';
import { mlflowBehind } from './alarms.ts';
import { mlflowAccess } from './mlflow-access.ts';
import { MlflowMirror } from './mlflow-mirror.ts';
import { readSettings } from './settings.ts';
import { StateTable } from './state-table.ts';

const bundles = mkdtempSync(join(tmpdir(), 'fanfold-mirror-'));
mkdirSync(join(bundles, 'mirrorRuns'));
writeFileSync(join(bundles, 'mirrorRuns', 'index.mjs'), '');
afterAll(() => rmSync(bundles, { recursive: true }));

const mirrorFor = (context: Record<string, string>): Template => {
  const app = new App({ context });
  const settings = readSettings(app.node);
  const server = mlflowAccess(settings);
  if (!server) throw new Error('there is no server');
  const stack = new Stack(app, 'Mirror');
  const table = new StateTable(stack, 'State', { isFollowed: true });
  new MlflowMirror(stack, 'MlflowMirror', { deployment: { settings, bundles }, table, server });
  return Template.fromStack(stack);
};

const mlflowTrackingUri = 'https://mlflow.example.org';
const template = mirrorFor({ mlflowTrackingUri });

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const statementsIn = (template: Template): readonly Statement[] =>
  Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  );
const actionsIn = (template: Template): readonly string[] =>
  statementsIn(template).flatMap(({ Action }) => Action);

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
  const ofTheTable = actionsIn(template).filter((action) => action.startsWith('dynamodb:'));
  expect(ofTheTable.toSorted()).toEqual([
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
    Environment: {
      Variables: { MLFLOW_TRACKING_URI: mlflowTrackingUri, MLFLOW_SECRET_ARN: Match.absent() },
    },
  });
});

test('a server that SageMaker manages lets in by its ARN', () => {
  const arn = 'arn:aws:sagemaker:us-east-1:111122223333:mlflow-tracking-server/ours';
  const managed = statementsIn(mirrorFor({ mlflowTrackingUri: arn })).filter(({ Action }) =>
    String(Action).includes('sagemaker-mlflow:'),
  );
  expect(managed).toMatchObject([
    { Action: expect.arrayContaining(['sagemaker-mlflow:LogBatch']), Resource: arn },
  ]);
  expect(actionsIn(template).join()).not.toContain('sagemaker');
});

test('a secret is read by nobody but who is told of it', () => {
  const secret = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:mlflow-a1b2c3';
  const reading = statementsIn(mirrorFor({ mlflowTrackingUri, mlflowSecretArn: secret }));
  expect(reading).toContainEqual(
    expect.objectContaining({ Action: 'secretsmanager:GetSecretValue', Resource: secret }),
  );
  expect(actionsIn(template).join()).not.toContain('secretsmanager');
  expect(mlflowAccess({})).toBeUndefined();
});

test('an operator hears of it when what became of runs is not shown for an hour', () => {
  const stack = new Stack(new App(), 'Mirror');
  const table = new StateTable(stack, 'State', { isFollowed: true });
  const settings = readSettings(stack.node);
  const server = { environment: {}, statements: [] };
  const props = { deployment: { settings, bundles }, table, server };
  const { section, threshold } = mlflowBehind(new MlflowMirror(stack, 'MlflowMirror', props));
  expect(threshold).toBe(60 * 60 * 1000);
  const runbook = readFileSync(join(import.meta.dirname, '../docs/runbook.md'), 'utf8');
  expect(runbook.toLowerCase().replaceAll(' ', '-')).toContain(`\n##-${section}\n`);
});
