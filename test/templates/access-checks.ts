import { describe, expect, test } from 'vitest';
import { isForUsers } from '../../contract/route.ts';
import { routes } from '../../contract/routes.ts';
import { actionsOf, functions, statements } from './policies.ts';

/** Actions that AWS does not tie to a resource (Service Authorization Reference). */
const withoutResource = [
  'batch:DescribeJobs',
  'batch:ListJobs',
  'ecr:GetAuthorizationToken',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
const logDelivery =
  /^logs:.*(LogDelivery|LogDeliveries|ResourcePolicy|ResourcePolicies|LogGroups)$/;

const tableReads = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const tableWrites = ['dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];

describe('access', () => {
  test('no policy names its actions by a pattern', () => {
    expect(statements.filter(({ actions }) => actions.some((one) => one.includes('*')))).toEqual(
      [],
    );
  });

  test('only what AWS ties to no resource is granted on all of them', () => {
    const everywhere = statements.filter(({ resources }) => resources.includes('*'));
    const actions = new Set(everywhere.flatMap((statement) => statement.actions));
    const unexpected = [...actions].filter((one) => !logDelivery.test(one));
    expect(unexpected.sort()).toEqual(withoutResource);
  });

  test('every function has a role of its own', () => {
    const roles = Object.values(functions).map(({ role }) => role);
    expect(new Set(roles).size).toBe(roles.length);
    expect(roles).toHaveLength(routes.length + 10);
  });

  test('no function can delete an item or an object', () => {
    const names = Object.keys(functions);
    expect(names.flatMap(actionsOf).filter((action) => /delete/i.test(action))).toEqual([
      'scheduler:DeleteSchedule',
    ]);
  });

  /** They note that somebody looks. */
  const noting = ['getOperation', 'listLogs'];

  test('a function behind a GET route only reads, but for a note that somebody looks', () => {
    for (const { name } of routes.filter(({ method }) => method === 'GET')) {
      const writing = actionsOf(capitalized(name)).filter(
        (action) => !/:(Get|BatchGet|Query|List)/.test(action),
      );
      expect(writing, name).toEqual(noting.includes(name) ? ['dynamodb:UpdateItem'] : []);
    }
  });

  test.each([
    ['GetHealth', []],
    ['MlSpecCheck', []],
    ['Authorize', tableReads],
    ['IssueToken', [...tableReads, ...tableWrites]],
    ['RevokeToken', [...tableReads, 'dynamodb:UpdateItem']],
    ['StartFit', [...tableReads, ...tableWrites, 's3:PutObject', 'states:StartExecution']],
    ['StartTest', [...tableReads, ...tableWrites, 's3:PutObject', 'states:StartExecution']],
    ['StartPrediction', [...tableReads, ...tableWrites, 's3:PutObject', 'states:StartExecution']],
    ['GetPredictions', [...tableReads, 's3:GetObject']],
    ['CancelOperation', [...tableReads, ...tableWrites, 'batch:ListJobs', 'batch:TerminateJob']],
    [
      'SyncWorker',
      [...tableReads, ...tableWrites, 's3:GetObject', 's3:PutObject', 'sts:AssumeRole'],
    ],
    ['DeleteSchedule', [...tableReads, ...tableWrites, 'scheduler:DeleteSchedule']],
    ['RunSchedule', [...tableReads, ...tableWrites, 'lambda:InvokeFunction']],
    ['SettleWorker', [...tableReads, ...tableWrites]],
  ])('%s may do what its use case needs and nothing else', (name, actions) => {
    expect(actionsOf(name)).toEqual([...actions].sort());
  });

  test('every route of users can count calls and add to the audit, and change nothing by that', () => {
    const bound = statements.filter(({ partitions }) => partitions.length > 0);
    const ofUsers = routes.filter(({ access }) => isForUsers(access)).map(({ name }) => name);
    const roles = ofUsers.map((name) => functions[capitalized(name)]?.role);
    expect([...new Set(bound.map(({ role }) => role))].sort()).toEqual(roles.sort());
    expect(new Set(bound.map(({ actions, partitions }) => `${actions} ${partitions}`))).toEqual(
      new Set(['dynamodb:UpdateItem CALLS#*', 'dynamodb:PutItem AUDIT#*']),
    );
  });

  test('workers’ storage is assumed by nobody but the sync', () => {
    const assuming = statements.filter(({ actions }) => actions.includes('sts:AssumeRole'));
    expect(assuming.map(({ role }) => role)).toEqual([functions['SyncWorker']?.role]);
  });

  test('schedules are put down for nobody but the one function that carries them through', () => {
    const passing = statements.filter(({ actions }) => actions.includes('iam:PassRole'));
    const roles = ['PauseSchedule', 'PutSchedule', 'ResumeSchedule'].map(
      (name) => functions[name]?.role,
    );
    expect(passing.map(({ role }) => role).sort()).toEqual(roles.sort());
    expect(new Set(passing.map(({ resources }) => resources.join())).size).toBe(1);
    const invoker = statements.filter(({ role }) => role.startsWith('SchedulesInvoker'));
    expect(invoker).toMatchObject([
      {
        actions: ['lambda:InvokeFunction'],
        resources: [expect.stringContaining('SchedulesOccurFunction')],
      },
    ]);
  });

  test('secrets are written by what takes a config, read by the sync, and kept from workers', () => {
    const reaching = statements.filter(({ resources }) => resources.join().includes('/secrets/'));
    const held = reaching.map(({ role, effect, actions }) => [role, effect, actions.join()]);
    expect(held.sort()).toEqual([
      [functions['CloneRun']?.role, 'Allow', 's3:PutObject'],
      [functions['StartFit']?.role, 'Allow', 's3:PutObject'],
      [functions['StartPrediction']?.role, 'Allow', 's3:PutObject'],
      [functions['StartTest']?.role, 'Allow', 's3:PutObject'],
      [functions['Occur']?.role, 'Allow', 's3:PutObject'],
      [expect.stringContaining('StorageRole'), 'Deny', 's3:GetObject,s3:GetObjectVersion'],
      [functions['SyncWorker']?.role, 'Allow', 's3:GetObject'],
    ]);
  });

  test('a function is told where the things are that it may reach, and of no other', () => {
    const own = (name: string) =>
      functions[name]?.variables.filter((variable) => !variable.startsWith('POWERTOOLS_')).sort();
    expect(own('GetHealth')).toEqual([]);
    expect(own('GetRun')).toEqual(['BUCKET_NAME', 'GPU_HOUR_USD', 'TABLE_NAME']);
    expect(own('SyncWorker')).toEqual(['BUCKET_NAME', 'STORAGE_ROLE_ARN', 'TABLE_NAME']);
    expect(own('PlanOperation')).toEqual(['BUCKET_NAME', 'TABLE_NAME']);
  });
});

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
