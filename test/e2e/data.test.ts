import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ProblemError } from '../../contract/client.ts';
import {
  createDataHandle,
  getDataHandle,
  getExperiment,
} from '../../contract/experiment-routes.ts';
import { listOperations } from '../../contract/operation-routes.ts';
import type { DataHandleResource, OperationResource } from '../../contract/resources.ts';
import type { RunningStack } from '../../local/stack.ts';
import { artifactBytes, config, freshStack, removeStack, userOf, workspace } from './scene.ts';

const bucket = 'the-users-own';
const experiment = 'pictures';
const params = { workspace, experiment };
const spec = readFileSync(join(import.meta.dirname, 'specs/pictures.py'), 'utf8');
const scale = 0.5;

/** Downloads and fits follow one another in a test, each a job of its own. */
const limitSeconds = 180;
vi.setConfig({ testTimeout: 2 * limitSeconds * 1000 });

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let s3: S3Client;

beforeAll(async () => {
  stack = await freshStack({ context: { dataBuckets: bucket } });
  user = userOf(stack);
  s3 = new S3Client(stack.aws);
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await user.create(experiment, spec);
  await putDataset();
});
afterAll(() => removeStack(stack));

const put = async (key: string, Body: string | Uint8Array): Promise<string> => {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
  return `s3://${bucket}/${key}`;
};

interface Row {
  readonly id: number;
  readonly picture: string;
  readonly mask: string;
  readonly brightness: number;
}

const rows = (count: number, firstId: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    id: firstId + i,
    picture: `of/${i}.txt`,
    mask: `masks/${i}.txt`,
    brightness: i * scale,
  }));

const csv = (table: readonly Row[]): string =>
  ['id,picture,mask,brightness', ...table.map((row) => Object.values(row).join(','))]
    .map((line) => `${line}\n`)
    .join('');

const toParquet = `
import json, sys
import pyarrow as pa, pyarrow.parquet as pq
pq.write_table(pa.Table.from_pylist(json.loads(sys.argv[1])), sys.argv[2])
`;

const parquet = (table: readonly Row[]): Uint8Array => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-parquet-'));
  try {
    const file = join(folder, 'table.parquet');
    execFileSync('.venv/bin/python', ['-c', toParquet, JSON.stringify(table), file]);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const trainRows = rows(20, 1);
const validationRows = rows(6, 100);

/** Pictures of both partitions have the same names, under prefixes of their own. */
const putDataset = async (): Promise<void> => {
  await Promise.all([
    put('train.csv', csv(trainRows)),
    put('validation.parquet', parquet(validationRows)),
    put('files/units/scale.txt', String(scale)),
    ...trainRows.flatMap(({ picture, mask }, i) => [
      put(`pictures/${picture}`, `train ${i}`),
      put(`pictures/${mask}`, 'not to be fetched'),
    ]),
    ...validationRows.map(({ picture }, i) => put(`held-out/${picture}`, `validation ${i}`)),
  ]);
};

const handleBody = {
  locators: {
    train: `s3://${bucket}/train.csv`,
    validation: `s3://${bucket}/validation.parquet`,
    objects: `s3://${bucket}/pictures`,
    validationObjects: `s3://${bucket}/held-out/`,
    misc: `s3://${bucket}/files/`,
  },
  downloadColumns: ['picture'],
};

interface Downloaded {
  readonly operation: OperationResource;
  readonly handle: DataHandleResource;
}

const download = async (body: object = handleBody): Promise<Downloaded> => {
  const { dataHandle, operation: started } = (
    await user.call(createDataHandle, { params, body: { ...handleBody, ...body } })
  ).body;
  const operation = await user.ended(experiment, started?.operation ?? 0, limitSeconds);
  const at = { params: { ...params, dataHandle: dataHandle.dataHandleId } };
  return { operation, handle: (await user.call(getDataHandle, at)).body };
};

const trained = async (dataHandleId: string): Promise<OperationResource> => {
  const { operation } = await user.start(experiment, dataHandleId, config());
  return user.ended(experiment, operation, limitSeconds);
};

const manifestOf = async ({ dataHandleId }: DataHandleResource): Promise<Uint8Array> => {
  const { body } = await user.call(getExperiment, { params });
  return artifactBytes(stack, `${body.storageUri}data/${dataHandleId}/manifest.json`);
};

const lastRun = async () => (await user.runs(experiment)).at(-1);

test('a fit trains on CSV, Parquet, the objects of named columns and miscellaneous files', async () => {
  const { operation, handle } = await download();
  expect(operation).toMatchObject({ kind: 'download', status: 'completed' });
  expect(handle).toMatchObject({ status: 'ready', rows: { train: 20, validation: 6 } });
  expect(await trained(handle.dataHandleId)).toMatchObject({ status: 'completed' });
  expect(await lastRun()).toMatchObject({ status: 'completed', completedEpochs: 2 });
});

test('equal arguments draw equal rows, another seed others, and the manifest is pinned down', async () => {
  const sampled = { fraction: 0.5, seed: 7 };
  const handles: DataHandleResource[] = [];
  for (const body of [sampled, sampled, { fraction: 0.5, seed: 8 }])
    handles.push((await download(body)).handle);
  const manifests = await Promise.all(handles.map(manifestOf));
  const hashes = manifests.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
  expect(handles.map(({ manifestSha256 }) => manifestSha256)).toEqual(hashes);
  expect(handles.map((handle) => handle.rows)).toEqual(
    handles.map(() => ({ train: 10, validation: 3 })),
  );
  const contents = manifests.map((bytes) => JSON.parse(Buffer.from(bytes).toString()));
  const [first, second, other] = contents.map(({ dataHandleId: _, ...content }) => content);
  expect(second).toEqual(first);
  expect(other.contentSha256).not.toBe(first.contentSha256);
});

describe('data that changed after the download', () => {
  test.each([
    ['a picture', 'pictures/of/3.txt', 'train 4'],
    ['a table', 'train.csv', csv(trainRows.slice(1))],
  ])('fail the fit as a whole when %s did, and a new download sees them', async (_, key, other) => {
    const { handle } = await download();
    const uri = await put(key, other);
    const operation = await trained(handle.dataHandleId);
    expect(operation).toMatchObject({ status: 'failed', errorType: 'data-changed' });
    expect(operation.error).toMatch(
      new RegExp(`^${uri} has .* since the data handle was downloaded; download a new`),
    );
    expect(await lastRun()).toMatchObject({
      status: 'failed',
      endedBy: 'error',
      error: { message: operation.error, errorType: 'data-changed' },
    });
    expect((await download()).handle.status).toBe('ready');
    await putDataset();
  });
});

describe('a download fails with a sentence and its type when', () => {
  test.each([
    [
      'a table has no ids',
      { train: 'name\na\n' },
      /has no column 'id'; it has 'name'; give every row a unique integer/,
    ],
    ['a table cannot be read', { train: 'id,a\n1,2,3\n' }, /cannot be read as CSV or Parquet/],
    [
      'a path leaves its prefix',
      { train: 'id,picture\n1,../secret\n' },
      /object path '\.\.\/secret' does not stay under its prefix/,
    ],
  ])('%s', async (_, { train: text }, sentence) => {
    const train = await put(`bad-${createHash('md5').update(text).digest('hex')}.csv`, text);
    const picky = text.includes('picture');
    const { operation, handle } = await download({
      locators: { train, objects: handleBody.locators.objects },
      downloadColumns: picky ? ['picture'] : [],
    });
    expect(operation).toMatchObject({ status: 'failed', errorType: 'invalid-data' });
    expect(operation.error).toMatch(sentence);
    expect(handle).toMatchObject({ status: 'failed', errorType: 'invalid-data' });
    await expect(user.start(experiment, handle.dataHandleId, config())).rejects.toMatchObject({
      name: 'data-handle-not-ready',
    });
  });

  test.each([
    ['a table is missing', `s3://${bucket}/nothing.csv`],
    ['its bucket may not be read', 's3://somebody-elses/train.csv'],
  ])('%s', async (_, train) => {
    const { operation } = await download({ locators: { train }, downloadColumns: [] });
    expect(operation).toMatchObject({
      status: 'failed',
      errorType: 'invalid-data',
      error: `${train} does not exist or may not be read`,
    });
  });
});

describe('a data handle is refused at once, and nothing starts,', () => {
  const refusal = async (body: object) => {
    const error = await user
      .call(createDataHandle, { params, body: { ...handleBody, ...body } })
      .then(
        () => undefined,
        (refused: unknown) => refused,
      );
    if (error instanceof ProblemError) return error.problem;
    throw new Error(`not refused: ${error}`);
  };

  test.each([
    ['a fraction outside (0, 1]', { fraction: 1.5 }, '/fraction'],
    ['no partition', { locators: { misc: handleBody.locators.misc } }, '/locators'],
    [
      'columns of objects that lie nowhere',
      { locators: { train: 's3://b-b/t.csv' } },
      '/locators/trainObjects',
    ],
    ['a locator that is no S3 URI', { locators: { train: 'https://b/t.csv' } }, '/locators/train'],
    ['a misspelt locator', { locators: { trian: 's3://b-b/t.csv' } }, '/locators'],
  ])('with %s', async (_, body, pointer) => {
    const before = (await user.call(listOperations, { params })).body.items.length;
    const problem = await refusal(body);
    expect(problem).toMatchObject({
      status: 400,
      type: 'https://fanfold.dev/problems/invalid-request',
    });
    expect(problem.errors).toMatchObject([{ pointer }]);
    expect((await user.call(listOperations, { params })).body.items).toHaveLength(before);
  });

  test('with URIs that are too long together for a worker’s policy', async () => {
    const train = `s3://${bucket}/${'long/'.repeat(180)}train.csv`;
    const locators = { train, validation: train, objects: `${train}/` };
    expect((await refusal({ locators })).detail).toMatch(/3 S3 URIs are too long together/);
  });
});
