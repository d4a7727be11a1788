import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { endExperiment } from '../../contract/experiment-routes.ts';
import { exportResults, exportRuns } from '../../contract/export-routes.ts';
import { startedFit, startFit } from '../../contract/fit-routes.ts';
import { cancelOperation, listLogs } from '../../contract/operation-routes.ts';
import { experimentPath } from '../../contract/route-parts.ts';
import { routes } from '../../contract/routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { readByClient, tellingSource } from './records-scene.ts';
import {
  config,
  freshStack,
  removeStack,
  runningJobs,
  syncAs,
  userOf,
  workspace,
} from './scene.ts';

/* Several fits in one test take their time where others work too. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 });

let stack: RunningStack;
let user: ReturnType<typeof userOf>;

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
});
afterAll(() => removeStack(stack));

describe('secrets', () => {
  const experiment = 'discreet';
  const params = { workspace, experiment };
  const keys = ['sk-live-4f9a71c0', 'sk-live-77d2be19'];
  const wrapped = 'a vault’s "entry", \\ and all';
  const tokens = ['tok-aa91f3', 'tok-5c20d8'];
  const secrets = [...keys, wrapped, ...tokens];
  const answers: string[] = [];
  let dataHandleId: string;

  const knobs = {
    api_key: { $list: keys },
    vault: { entry: { $secret: wrapped } },
    tokens_of: { auth_tokens: tokens },
  };

  /** How a text would show in a file or an answer: as it is, and as JSON within JSON writes it. */
  const leaksIn = (text: string): string[] =>
    secrets.filter((secret) => {
      const once = JSON.stringify(secret).slice(1, -1);
      const twice = JSON.stringify(once).slice(1, -1);
      return [secret, once, twice].some((form) => text.includes(form));
    });

  /** Every GET of the experiment, as text. */
  const readEverything = async (): Promise<string> => {
    const texts: string[] = [];
    const known = { ...params, operation: '2', runId: '1', dataHandle: dataHandleId };
    for (const { path } of routes.filter(
      (one) => one.method === 'GET' && one.path.startsWith(experimentPath),
    )) {
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => known[name as keyof typeof known]);
      const headers = { authorization: `Bearer ${stack.token}` };
      const answer = await fetch(`${stack.url}${filled}`, { headers });
      // A fit made no predictions; whatever the refusal says is looked at as well.
      expect(answer.status, path).toBe(path.endsWith('/predictions') ? 404 : 200);
      texts.push(await answer.text());
    }
    return texts.join('\n');
  };

  const scanTable = async (): Promise<string> => {
    const texts: string[] = [];
    let start: Record<string, never> | undefined;
    do {
      const page = await new DynamoDBClient(stack.aws).send(
        new ScanCommand({ TableName: stack.table, ExclusiveStartKey: start }),
      );
      texts.push(JSON.stringify(page.Items));
      start = page.LastEvaluatedKey as typeof start;
    } while (start);
    return texts.join('\n');
  };

  /** Every object of the bucket, by its key. */
  const readBucket = async (): Promise<ReadonlyMap<string, string>> => {
    const s3 = new S3Client(stack.aws);
    const { Contents = [], IsTruncated } = await s3.send(
      new ListObjectsV2Command({ Bucket: stack.bucket }),
    );
    expect(IsTruncated).not.toBe(true);
    const texts = Contents.map(async ({ Key = '' }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: stack.bucket, Key }));
      return [Key, (await Body?.transformToString('latin1')) ?? ''] as const;
    });
    return new Map(await Promise.all(texts));
  };

  const start = async (group: unknown) => {
    const body = { dataHandleId, mlConfig: group };
    return startedFit(await user.call(startFit, { params, body, idempotencyKey: 'discreet' }));
  };

  beforeAll(async () => {
    await user.create(experiment, tellingSource);
    dataHandleId = await user.download(experiment);
    const random = { config: config(knobs), numConfigs: 1, seed: 3 };
    const refused = config({ ...knobs, api_key: keys[0], refuse: true });
    const group = [{ $grid: config(knobs) }, { $random: random }, refused];
    const fit = await start(group);
    const again = await start(group);
    expect(again.operation).toBe(fit.operation);
    answers.push(JSON.stringify([fit, again]));
    await user.ended(experiment, fit.operation);
  });

  test('reach user code, whichever of them a leaf got', async () => {
    const digests = secrets.map((secret) => createHash('sha256').update(secret).digest('hex'));
    const { body } = await user.call(listLogs, { params, query: { operation: '2' } });
    const told = new Set(body.items.map(({ message }) => message));
    for (const digest of digests) expect(told).toContain(`digest ${digest}`);
    expect(told).toContain('the secret is ***');
    const runs = await user.runs(experiment);
    expect(runs.map(({ status }) => status)).toEqual([
      'completed',
      'completed',
      'completed',
      'failed',
    ]);
  });

  test('are *** wherever a config or an error is shown', async () => {
    const [first, , , refused] = await user.runs(experiment);
    expect(first?.config['user_knobs']).toEqual({
      api_key: '***',
      vault: { entry: '***' },
      tokens_of: { auth_tokens: ['***', '***'] },
    });
    expect(refused?.error?.message).toContain('PermissionError: *** was not let in');
    expect(refused?.error?.traceback).toContain('PermissionError: *** was not let in');
  });

  test('are in no table, object, file, log or answer but the one object that keeps them', async () => {
    const artifactsBucket = `s3://${stack.bucket}/artifacts/default/outputs`;
    answers.push(await readEverything(), await readByClient(stack));
    for (const route of [exportRuns, exportResults])
      for (const format of ['csv', 'parquet'] as const)
        await user.call(route, { params, body: { format } });
    const { body } = await user.call(endExperiment, { params, body: { artifactsBucket } });
    const ended = await user.ended(experiment, body.operation?.operation ?? 0);
    expect(ended.status).toBe('completed');
    answers.push(JSON.stringify([body, ended]), await readEverything());

    expect(leaksIn(answers.join('\n'))).toEqual([]);
    expect(leaksIn(await scanTable())).toEqual([]);
    const objects = await readBucket();
    const keeping = [...objects].filter(([, text]) => leaksIn(text).length > 0);
    expect(keeping.map(([key]) => key)).toEqual([
      expect.stringMatching(/^secrets\/default\/discreet\/[a-z0-9]{16}\.json$/),
    ]);
    expect(
      [...objects.keys()].some((key) => key.startsWith('artifacts/default/outputs/discreet/logs/')),
    ).toBe(true);
    expect(filesWith(keeping[0]?.[0] ?? '')).toEqual([]);
  });

  /** Files of the stack's folder that hold a secret, but for the kept object: jobs' logs, functions' logs, all. */
  const filesWith = (kept: string): string[] =>
    readdirSync(stack.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !path.includes(kept) && leaksIn(readFileSync(path, 'latin1')).length > 0);

  test('are told by no hash of what was asked', async () => {
    const table = await scanTable();
    for (const text of secrets.flatMap((secret) => [secret, JSON.stringify(secret)]))
      expect(table).not.toContain(createHash('sha256').update(text).digest('hex'));
  });

  test('cannot be given back as they are shown', async () => {
    await user.create('again', tellingSource);
    const asked = user.call(startFit, {
      params: { workspace, experiment: 'again' },
      body: {
        dataHandleId: await user.download('again'),
        mlConfig: config({ ...knobs, api_key: '***' }),
      },
    });
    await expect(asked).rejects.toMatchObject({
      name: 'invalid-config',
      problem: { errors: [{ pointer: '/mlConfig/user_knobs/api_key' }] },
    });
    const broken = fetch(`${stack.url}/v1/workspaces/${workspace}/experiments/again/fits`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.token}` },
      body: `{"mlConfig": {"api_key": ${keys[0]}}}`,
    });
    expect(leaksIn(await (await broken).text())).toEqual([]);
  });

  test('cannot be read or listed with a worker’s storage credentials', async () => {
    const again = { workspace, experiment: 'again' };
    const handle = await user.download('again');
    const endless = config({ name: 'f' }, { epochs: 99_999 });
    const { operation } = await user.start('again', handle, endless);
    await user.untilRun('again', 1, 'trains', ({ status }) => status === 'ongoing');
    const [job] = runningJobs(stack);
    if (!job) throw new Error('no job runs');
    const { credentials } = await syncAs(stack, job, { attempt: 2 });
    const s3 = new S3Client({ ...stack.aws, ...(credentials && { credentials }) });
    const kept = [...(await readBucket()).keys()].find((key) => key.startsWith('secrets/')) ?? '';
    const refused = { name: expect.stringMatching(/AccessDenied|Forbidden/) };
    const get = new GetObjectCommand({ Bucket: stack.bucket, Key: kept });
    await expect(s3.send(get)).rejects.toMatchObject(refused);
    const list = new ListObjectsV2Command({ Bucket: stack.bucket, Prefix: 'secrets/' });
    await expect(s3.send(list)).rejects.toMatchObject(refused);
    await user.call(cancelOperation, { params: { ...again, operation: 'current' as const } });
    await user.ended('again', operation);
  });
});
