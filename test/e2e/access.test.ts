import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeToken } from '../../contract/access-routes.ts';
import { client } from '../../contract/client.ts';
import { getExperiment } from '../../contract/experiment-routes.ts';
import { cancelOperation } from '../../contract/operation-routes.ts';
import { isForUsers, type Route } from '../../contract/route.ts';
import { routes } from '../../contract/routes.ts';
import { syncWorker } from '../../contract/service-routes.ts';
import type { SyncAnswer } from '../../contract/worker-protocol.ts';
import { type Role, roles } from '../../domain/caller.ts';
import type { RunningStack } from '../../local/stack.ts';
import {
  changeItem,
  config,
  freshStack,
  giveToken,
  type RunningJob,
  removeStack,
  runningJobs,
  syncAs,
  userOf,
  workspace,
} from './scene.ts';

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let job: RunningJob;
let operation: number;
const experiment = 'access';

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
  await user.create('neighbour');
  await user.create(experiment);
  const dataHandleId = await user.download(experiment);
  const endless = config({ pause_s: 0.1 }, { epochs: 1000 });
  operation = (await user.start(experiment, dataHandleId, endless)).operation;
  await user.untilRun(experiment, 1, 'trains', ({ status }) => status === 'ongoing');
  const [running] = runningJobs(stack);
  if (!running) throw new Error('no job runs');
  job = running;
});
afterAll(() => removeStack(stack));

describe('a route of users', () => {
  const ofUsers = routes.filter(({ access }) => isForUsers(access));

  /** A call of the route with nothing in it, from the default workspace. */
  const ask = async (
    { method, path }: Pick<Route, 'method' | 'path'>,
    authorization?: string,
  ): Promise<{ readonly status: number; readonly type?: string; readonly detail?: string }> => {
    const filled = path
      .replace('{workspace}', workspace)
      .replace('{tokenId}', 'abcdefghij12')
      .replaceAll(/\{\w+\}/g, '1');
    const headers = {
      'content-type': 'application/json',
      ...(authorization !== undefined && { authorization }),
    };
    const answer = await fetch(stack.url + filled, {
      method,
      headers,
      ...(method !== 'GET' && { body: '{}' }),
    });
    return { ...((await answer.json()) as object), status: answer.status };
  };

  const spoilt = async (change: (token: { text: string; tokenId: string }) => unknown) => {
    const token = await giveToken(stack, { role: 'admin', workspaces: ['*'] });
    await change(token);
    return `Bearer ${token.text}`;
  };
  const expire = ({ tokenId }: { tokenId: string }) =>
    changeItem(stack, { pk: 'TOKENS', sk: `TOKEN#${tokenId}` }, 'expiresAt', now);
  const now = new Date().toISOString();
  const revoke = ({ tokenId }: { tokenId: string }) =>
    user.call(revokeToken, { params: { tokenId } });

  /** What no route takes, and the gateway’s status for it. */
  const refused: Readonly<Record<string, readonly [number, () => Promise<string | undefined>]>> = {
    none: [401, async () => undefined],
    'an empty one': [403, async () => 'Bearer '],
    'one of another scheme': [403, async () => 'Basic YTpi'],
    'a malformed one': [403, async () => `Bearer ${'x'.repeat(43)}`],
    'one that nobody gave out': [403, async () => `Bearer ff_abcdefghij12_${'x'.repeat(43)}`],
    'one with the ID of another': [
      403,
      async () => {
        const { tokenId } = await giveToken(stack, { role: 'admin', workspaces: ['*'] });
        return `Bearer ff_${tokenId}_${'x'.repeat(43)}`;
      },
    ],
    'an expired one': [403, () => spoilt(expire)],
    'a revoked one': [403, () => spoilt(revoke)],
    'a worker’s': [403, async () => `Bearer ${job.environment['FANFOLD_WORKER_TOKEN']}`],
    'a JWT, where no issuer’s are taken': [403, async () => 'Bearer e30.e30.AAAA'],
  };

  test.each(Object.keys(refused))('takes no token like this: %s', async (kind) => {
    const [status, give] = refused[kind] ?? [0, async () => ''];
    const authorization = await give();
    for (const route of ofUsers) {
      expect((await ask(route, authorization)).status, route.name).toBe(status);
    }
  });

  test('takes no token of another workspace', async () => {
    const { text } = await giveToken(stack, {
      role: 'admin',
      workspaces: ['elsewhere', 'nowhere'],
    });
    for (const route of ofUsers.filter(({ path }) => path.includes('{workspace}'))) {
      const { status, type, detail } = await ask(route, `Bearer ${text}`);
      expect([status, type], route.name).toEqual([403, expect.stringMatching(/forbidden$/)]);
      expect(detail).toContain('opens workspaces elsewhere, nowhere, not workspace default');
    }
  });

  test.each(roles)(
    'takes a token of the role %s where that is enough, and else says what is',
    async (role) => {
      const { text } = await giveToken(stack, { role, workspaces: ['*'] });
      for (const route of ofUsers) {
        const { status, detail = '' } = await ask(route, `Bearer ${text}`);
        const isEnough = roles.indexOf(role) >= roles.indexOf(route.access as Role);
        expect(status === 403, `${route.name} ${detail}`).toBe(!isEnough);
        if (!isEnough) expect(detail).toContain(`takes the role ${route.access}`);
      }
    },
  );
});

test('a user’s token is no worker’s', async () => {
  const own = { ...job, environment: { ...job.environment, FANFOLD_WORKER_TOKEN: stack.token } };
  await expect(syncAs(stack, own)).rejects.toMatchObject({ name: 'unauthorized' });
});

describe('a role', () => {
  test('from which one grant is taken can no longer do what the grant was for', async () => {
    const iam = new IAMClient(stack.aws);
    const { Roles = [] } = await iam.send(new ListRolesCommand({}));
    const RoleName = Roles.find((role) =>
      role.RoleName?.includes('ApiGetExperimentRole'),
    )?.RoleName;
    const { PolicyNames: [PolicyName] = [] } = await iam.send(
      new ListRolePoliciesCommand({ RoleName }),
    );
    const named = { RoleName, PolicyName };
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand(named));
    const document = JSON.parse(decodeURIComponent(PolicyDocument));
    const look = () => user.call(getExperiment, { params: { workspace, experiment } });
    await look();

    const isGrant = ({ Action }: { Action: string | string[] }) =>
      [Action].flat().includes('dynamodb:GetItem');
    const without = {
      ...document,
      Statement: document.Statement.filter((one: never) => !isGrant(one)),
    };
    expect(without.Statement).toHaveLength(document.Statement.length - 1);
    await iam.send(new PutRolePolicyCommand({ ...named, PolicyDocument: JSON.stringify(without) }));
    await expect(look()).rejects.toMatchObject({ name: 'internal-error' });

    await iam.send(
      new PutRolePolicyCommand({ ...named, PolicyDocument: JSON.stringify(document) }),
    );
    await look();
  });
});

describe('an engine’s credentials', () => {
  let answer: SyncAnswer;
  let s3: S3Client;
  let own: string;
  const foreign = `workspaces/${workspace}/experiments/neighbour/`;

  beforeAll(async () => {
    // Else it would leave when it is fenced, and its successor take over from us.
    process.kill(job.pid, 'SIGSTOP');
    answer = await syncAs(stack, job, { attempt: 2 });
    const { credentials, assignment } = answer;
    if (!credentials || !assignment) throw new Error('the first sync brings both');
    s3 = new S3Client({ ...stack.aws, credentials });
    own = assignment.prefix;
  });

  const refused = { name: expect.stringMatching(/AccessDenied|Forbidden/) };
  const at = (Key: string) => ({ Bucket: stack.bucket, Key });
  const upload = () => answer.assignment?.dataHandle.locators.train?.split('/').slice(3).join('/');

  test('write, read, list and delete inside its experiment', async () => {
    const trial = at(`${own}runs/1/trial`);
    await s3.send(new PutObjectCommand({ ...trial, Body: 'x' }));
    expect((await s3.send(new GetObjectCommand(trial))).ContentLength).toBe(1);
    const { KeyCount } = await s3.send(
      new ListObjectsV2Command({ Bucket: stack.bucket, Prefix: own }),
    );
    expect(KeyCount).toBeGreaterThan(0);
    await s3.send(new DeleteObjectCommand(trial));
  });

  test('read the data of its handle and cannot change them', async () => {
    const data = at(upload() ?? '');
    expect((await s3.send(new GetObjectCommand(data))).ContentLength).toBeGreaterThan(0);
    await expect(s3.send(new PutObjectCommand({ ...data, Body: 'x' }))).rejects.toMatchObject(
      refused,
    );
    await expect(s3.send(new DeleteObjectCommand(data))).rejects.toMatchObject(refused);
  });

  test('reach nothing of another experiment', async () => {
    const { Contents = [] } = await new S3Client(stack.aws).send(
      new ListObjectsV2Command({ Bucket: stack.bucket, Prefix: foreign }),
    );
    const theirs = at(Contents[0]?.Key ?? '');
    await expect(s3.send(new GetObjectCommand(theirs))).rejects.toMatchObject(refused);
    const fresh = new PutObjectCommand({ ...at(`${foreign}runs/1/trial`), Body: 'x' });
    await expect(s3.send(fresh)).rejects.toMatchObject(refused);
    await expect(s3.send(new DeleteObjectCommand(theirs))).rejects.toMatchObject(refused);
    const list = new ListObjectsV2Command({ Bucket: stack.bucket, Prefix: foreign });
    await expect(s3.send(list)).rejects.toMatchObject(refused);
  });

  test('reach nothing but S3', async () => {
    const { credentials } = answer;
    const dynamo = new DynamoDBClient({ ...stack.aws, ...(credentials && { credentials }) });
    const Item = { pk: { S: 'x' }, sk: { S: 'x' } };
    const put = dynamo.send(new PutItemCommand({ TableName: stack.table, Item }));
    await expect(put).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('belong to the newest attempt, which fences the one before', async () => {
    await expect(syncAs(stack, job)).rejects.toMatchObject({ name: 'worker-fenced' });
    const { call } = client({ url: stack.url, token: answer.token ?? '' });
    const next = { jobId: job.environment['AWS_BATCH_JOB_ID'] ?? '', attempt: 2, sequence: 2 };
    const body = { ...next, needsCredentials: false, room: 0, runs: [], logs: [] };
    expect((await call(syncWorker, { body })).body.sequence).toBe(2);
    process.kill(job.pid, 'SIGCONT');
    const params = { workspace, experiment, operation: 'current' as const };
    await user.call(cancelOperation, { params });
    await user.ended(experiment, operation);
  });
});
