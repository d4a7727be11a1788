import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createToken } from '../../contract/access-routes.ts';
import { allOf, client } from '../../contract/client.ts';
import { createDataHandle, createExperiment } from '../../contract/experiment-routes.ts';
import { startedFit, startFit } from '../../contract/fit-routes.ts';
import { getOperation, listResults, listRuns } from '../../contract/operation-routes.ts';
import type { OperationResource, ResultResource, RunResource } from '../../contract/resources.ts';
import { createUpload, syncWorker } from '../../contract/service-routes.ts';
import type { SyncAnswer, SyncRequest } from '../../contract/worker-protocol.ts';
import type { Role } from '../../domain/caller.ts';
import { type RunningStack, type StackOptions, startStack } from '../../local/stack.ts';

/* What the end-to-end tests do over and over, over plain HTTPS. */

export const workspace = 'default';

/** A stack of the test's own in a folder that goes with it. */
export const freshStack = async (options: Partial<StackOptions> = {}): Promise<RunningStack> =>
  startStack({ folder: mkdtempSync(join(tmpdir(), 'fanfold-e2e-')), slots: 2, ...options });

export const removeStack = async (stack: RunningStack): Promise<void> => {
  await stack.stop();
  rmSync(stack.folder, { recursive: true, force: true });
};

/** Long enough for a busy machine; what is waited for still has to come about. */
const patienceSeconds = 240;

/** Waits for a condition; the message says what was waited for in vain. */
export const until = async <T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  seconds = patienceSeconds,
): Promise<T> => {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await sleep(100);
  }
  throw new Error(`${what} did not come about in ${seconds} s`);
};

export const specSource = readFileSync(join(import.meta.dirname, 'specs/line.py'), 'utf8');

interface Config {
  readonly train: Readonly<Record<string, unknown>>;
  readonly user_knobs?: Readonly<Record<string, unknown>>;
}

/** A leaf config for the line; `knobs` may make it misbehave. */
export const config = (
  knobs: Readonly<Record<string, unknown>> = {},
  train: object = {},
): Config => ({
  train: { epochs: 2, batch_size: 16, optimizer: { name: 'SGD', args: { lr: 0.05 } }, ...train },
  user_knobs: knobs,
});

/** Rows on a bent plane as CSV. */
export const csvRows = (count: number, firstId = 1): string => {
  const rows = Array.from({ length: count }, (_, i) => {
    const x = [0, 1, 2].map((axis) => Math.sin(1 + (firstId + i) * (axis + 1)));
    const y = (x[0] ?? 0) - 2 * (x[1] ?? 0) + (x[2] ?? 0) ** 2;
    return [firstId + i, ...x, y].join(',');
  });
  return `id,x0,x1,x2,y\n${rows.join('\n')}\n`;
};

export const trainCsv = csvRows(64);
export const validationCsv = csvRows(24, 1000);

/** The service as one user of one experiment sees it. */
export const userOf = (stack: Pick<RunningStack, 'url' | 'token' | 'workspace'>) => {
  const { call } = client(stack);
  const { workspace } = stack;

  const create = async (name: string, source = specSource, more: object = {}) =>
    (
      await call(createExperiment, {
        params: { workspace },
        body: { name, mlSpec: { fileName: 'line.py', source }, ...more },
      })
    ).body;

  const upload = async (text: string, extension = 'csv'): Promise<string> => {
    const path = `${createHash('sha256').update(text).digest('hex')}.${extension}`;
    const { body } = await call(createUpload, { params: { workspace }, body: { path } });
    if (!body.exists) await fetch(body.uploadUrl, { method: 'PUT', body: text });
    return body.uri;
  };

  const ended = async (experiment: string, operation: number, seconds = patienceSeconds) =>
    until(
      `the end of operation ${operation}`,
      async () => {
        const params = { workspace, experiment, operation: String(operation) };
        const { body } = await call(getOperation, { params });
        return ['completed', 'cancelled', 'failed'].includes(body.status) && body;
      },
      seconds,
    );

  /** Downloads the standard points and gives the handle's id. */
  const download = async (experiment: string): Promise<string> => {
    const [train, validation] = await Promise.all([upload(trainCsv), upload(validationCsv)]);
    const { body } = await call(createDataHandle, {
      params: { workspace, experiment },
      body: { locators: { train, validation } },
    });
    const operation = await ended(experiment, body.operation?.operation ?? 0);
    if (operation.status !== 'completed') throw new Error(operation.error);
    return body.dataHandle.dataHandleId;
  };

  const start = async (
    experiment: string,
    dataHandleId: string,
    mlConfig: unknown,
    more: object = {},
  ): Promise<OperationResource> => {
    const body = { dataHandleId, mlConfig, ...more };
    return startedFit(await call(startFit, { params: { workspace, experiment }, body }));
  };

  const fit = async (
    experiment: string,
    dataHandleId: string,
    mlConfig: unknown,
    more: object = {},
  ): Promise<OperationResource> => {
    const { operation } = await start(experiment, dataHandleId, mlConfig, more);
    return ended(experiment, operation);
  };

  const runs = async (experiment: string): Promise<readonly RunResource[]> =>
    allOf((cursor) =>
      call(listRuns, { params: { workspace, experiment }, query: { limit: '100', cursor } }),
    );

  const results = async (experiment: string): Promise<readonly ResultResource[]> =>
    allOf((cursor) =>
      call(listResults, { params: { workspace, experiment }, query: { limit: '100', cursor } }),
    );

  const untilRun = async (
    experiment: string,
    runId: number,
    what: string,
    holds: (run: RunResource) => boolean,
  ): Promise<RunResource> =>
    until(`run ${runId} ${what}`, async () => {
      const run = (await runs(experiment)).find((one) => one.runId === runId);
      return run && holds(run) && run;
    });

  return { call, create, upload, download, start, fit, ended, runs, results, untilRun };
};

/** A job of AWS Batch that runs on this machine: its process, and the environment it was started with. */
export interface RunningJob {
  readonly pid: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** The jobs of a stack whose processes are alive. */
export const runningJobs = ({ folder }: Pick<RunningStack, 'folder'>): readonly RunningJob[] =>
  readdirSync(join(folder, 'jobs')).flatMap((job) => {
    try {
      const pid = Number(readFileSync(join(folder, 'jobs', job, 'pid'), 'utf8'));
      const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
      const environment = variables.map((line) => line.split(/=(.*)/s).slice(0, 2));
      return [{ pid, environment: Object.fromEntries(environment) }];
    } catch {
      return [];
    }
  });

/** Ends the process of a stack's one job, as a lost machine would. */
export const killJob = (stack: Pick<RunningStack, 'folder'>): void => {
  const [job] = runningJobs(stack);
  if (!job) throw new Error('no job runs');
  process.kill(job.pid, 'SIGKILL');
};

/** A sync with what a job was given at its start, as whoever may describe the job could send it. */
export const syncAs = async (
  { url }: Pick<RunningStack, 'url'>,
  { environment }: RunningJob,
  request: Partial<SyncRequest> = {},
): Promise<SyncAnswer> => {
  const { call } = client({ url, token: environment['FANFOLD_WORKER_TOKEN'] ?? '' });
  const body = {
    jobId: environment['AWS_BATCH_JOB_ID'] ?? '',
    attempt: Number(environment['AWS_BATCH_JOB_ATTEMPT']),
    sequence: 1,
    needsCredentials: true,
    room: 1,
    runs: [],
    logs: [],
  };
  return (await call(syncWorker, { body: { ...body, ...request } })).body;
};

/** The bytes of an `s3://` object, read with all rights. */
export const artifactBytes = async (
  { aws }: Pick<RunningStack, 'aws'>,
  uri: string,
): Promise<Uint8Array> => {
  const { host, pathname } = new URL(uri);
  const command = new GetObjectCommand({
    Bucket: host,
    Key: decodeURIComponent(pathname.slice(1)),
  });
  const { Body } = await new S3Client(aws).send(command);
  return (await Body?.transformToByteArray()) ?? new Uint8Array();
};

/** Of a token, what a test asks for; the rest is as anybody’s. */
export interface Granted {
  readonly role?: Role;
  readonly workspaces?: readonly string[];
  readonly callsPerMinute?: number;
}

/** A new token, made by the stack’s admin. */
export const giveToken = async (
  stack: Pick<RunningStack, 'url' | 'token'>,
  { role = 'operator', workspaces = [workspace], ...more }: Granted = {},
): Promise<{ readonly text: string; readonly tokenId: string }> => {
  const body = { label: `a test’s ${role}`, role, workspaces: [...workspaces], ...more };
  const made = (await client(stack).call(createToken, { body })).body;
  return { text: made.text, tokenId: made.token.tokenId };
};

/** Puts an item in the table, with all rights. */
export const putItem = async (
  { aws, table }: RunningStack,
  members: Readonly<Record<string, string>>,
): Promise<void> => {
  const Item = Object.fromEntries(Object.entries(members).map(([name, S]) => [name, { S }]));
  await new DynamoDBClient(aws).send(new PutItemCommand({ TableName: table, Item }));
};

/** Gives an item of the table another text under a name, with all rights. */
export const changeItem = async (
  { aws, table }: RunningStack,
  { pk, sk }: { readonly pk: string; readonly sk: string },
  name: string,
  text: string,
): Promise<void> => {
  const change = new UpdateItemCommand({
    TableName: table,
    Key: { pk: { S: pk }, sk: { S: sk } },
    UpdateExpression: 'SET #name = :text',
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: { ':text': { S: text } },
  });
  await new DynamoDBClient(aws).send(change);
};
