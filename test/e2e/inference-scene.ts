import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createDataHandle, createExperiment } from '../../contract/experiment-routes.ts';
import { getPredictions, startPrediction, startTest } from '../../contract/inference-routes.ts';
import type { OperationResource } from '../../contract/resources.ts';
import { createUpload } from '../../contract/service-routes.ts';
import { pythonPrograms } from '../../local/places.ts';
import type { RunningStack } from '../../local/stack.ts';
import { artifactBytes, config, csvRows, freshStack, removeStack, userOf } from './scene.ts';

/* What the tests of run_test and run_predict do over and over. */

export const dataBucket = 'models-of-a-user';
export const artifactBucket = 'artifacts-of-a-user';

const outputsSource = readFileSync(join(import.meta.dirname, 'specs/outputs.py'), 'utf8');
export const tables = {
  train: csvRows(64),
  validation: csvRows(24, 1000),
  test: csvRows(17, 2000),
  predict: csvRows(23, 3000).replaceAll(/,[^,\n]*(?=\n)/g, ''),
};
const batchSize = 5;

const makeBuckets = async ({ aws }: RunningStack): Promise<void> => {
  const s3 = new S3Client(aws);
  for (const Bucket of [dataBucket, artifactBucket]) {
    await s3.send(new CreateBucketCommand({ Bucket }));
  }
};

/** A user with models to test and predict with. */
export const modelUserOf = (stack: RunningStack) => {
  const user = userOf(stack);
  const { workspace } = stack;

  const create = async (name: string, epochCheckpoints: boolean): Promise<void> => {
    const mlSpec = { fileName: 'outputs.py', source: outputsSource };
    await user.call(createExperiment, {
      params: { workspace },
      body: { name, mlSpec, epochCheckpoints },
    });
  };

  const download = async (experiment: string, wanted: readonly string[]): Promise<string> => {
    const all: Readonly<Record<string, string>> = tables;
    const uploads = wanted.map(async (name) => [name, await user.upload(all[name] ?? '')] as const);
    const locators = Object.fromEntries(await Promise.all(uploads));
    const params = { workspace, experiment };
    const { body } = await user.call(createDataHandle, { params, body: { locators } });
    await user.ended(experiment, body.operation?.operation ?? 0);
    return body.dataHandle.dataHandleId;
  };

  const startInference = async (
    kind: 'test' | 'predict',
    experiment: string,
    body: { readonly dataHandleId: string; readonly [name: string]: unknown },
    idempotencyKey?: string,
  ): Promise<OperationResource> => {
    const route = kind === 'test' ? startTest : startPrediction;
    const call = { params: { workspace, experiment }, body: { batchSize, ...body } };
    return (await user.call(route, { ...call, ...(idempotencyKey && { idempotencyKey }) })).body;
  };

  const infer = async (
    kind: 'test' | 'predict',
    experiment: string,
    body: { readonly dataHandleId: string; readonly [name: string]: unknown },
  ): Promise<OperationResource> => {
    const { operation } = await startInference(kind, experiment, body);
    return user.ended(experiment, operation, 180);
  };

  /** A prediction's file, fetched as a notebook does. */
  const predictions = async (experiment: string, operation: number): Promise<string> => {
    const params = { workspace, experiment, operation: String(operation) };
    const { body } = await user.call(getPredictions, { params });
    return (await fetch(body.url)).text();
  };

  /** Puts a file in the workspace's bucket; gives its URI. */
  const uploadFile = async (file: string): Promise<string> => {
    const bytes = readFileSync(file);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const path = `${digest}/${file.slice(file.lastIndexOf('/') + 1)}`;
    const { body } = await user.call(createUpload, { params: { workspace }, body: { path } });
    await fetch(body.uploadUrl, { method: 'PUT', body: bytes });
    return body.uri;
  };

  return { ...user, create, download, startInference, infer, predictions, uploadFile };
};

export const experiment = 'uses';

/**
 * A stack with an experiment that keeps every epoch: run 1 trained three, run 2 failed before its first
 * checkpoint. Its data handle has every partition.
 */
export const startModels = async () => {
  const context = { dataBuckets: [dataBucket], artifactBuckets: [artifactBucket] };
  const stack = await freshStack({ context });
  const user = modelUserOf(stack);
  await makeBuckets(stack);
  await user.create(experiment, true);
  const dataHandleId = await user.download(experiment, Object.keys(tables));
  const configs = [config({}, { epochs: 3 }), config({ width: 'wide' })];
  await user.fit(experiment, dataHandleId, configs);
  const runs = await user.runs(experiment);
  const files = await modelFilesOf(stack, runs[0]?.checkpointUri ?? '');
  const stop = async (): Promise<void> => {
    files.remove();
    await removeStack(stack);
  };
  return { stack, user, dataHandleId, runs, files, stop };
};

export type Models = Awaited<ReturnType<typeof startModels>>;

/** Model files of every kind made of a run's checkpoint, in a folder of their own. */
const modelFilesOf = async (stack: RunningStack, checkpointUri: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-models-'));
  const model = join(folder, 'model.safetensors');
  const trace = join(folder, 'was-run');
  writeFileSync(model, await artifactBytes(stack, `${checkpointUri}model.safetensors`));
  python('model_files.py', model, folder, trace);
  return {
    folder,
    model,
    trace,
    path: (name: string) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true }),
  };
};

/** Puts a file in a bucket of the user's; gives its URI. */
export const putObject = async (
  { aws }: RunningStack,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  file: string,
): Promise<string> => {
  const input = { Bucket: bucket, Key: key, Body: readFileSync(file) };
  await new S3Client(aws).send(new PutObjectCommand(input));
  return `s3://${bucket}/${key}`;
};

/** Tests and predicts by hand with a model file; fails where a number differs. */
export const compareWithPlainModel = (
  model: string,
  config: unknown,
  told: { readonly metrics: unknown; readonly predictions: string },
): void => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-plain-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    python(
      'plain_inference.py',
      model,
      JSON.stringify(config),
      write('test.csv', tables.test),
      JSON.stringify(told.metrics),
      write('predict.csv', tables.predict),
      write('predictions.csv', told.predictions),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** What the Python client does with a model, in a folder of its own; its output. */
export const clientScript = (
  { stack }: Models,
  modelTag: string,
  unsafeTag: string,
): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-client-'));
  const files = (['train', 'test', 'predict'] as const).map((name) => {
    writeFileSync(join(folder, `${name}.csv`), tables[name]);
    return join(folder, `${name}.csv`);
  });
  const script = join(import.meta.dirname, 'inference_client.py');
  const { url, token, workspace: opened } = stack;
  const service = { FANFOLD_URL: url, FANFOLD_TOKEN: token, FANFOLD_WORKSPACE: opened };
  const env = { ...process.env, ...service };
  const args = [script, modelTag, unsafeTag, ...files];
  const run = promisify(execFile)(join(pythonPrograms, 'python'), args, { cwd: folder, env });
  return run.then(({ stdout }) => stdout).finally(() => rmSync(folder, { recursive: true }));
};

/** Runs a script that lies beside this file. */
const python = (script: string, ...args: readonly string[]): void => {
  execFileSync(join(pythonPrograms, 'python'), [join(import.meta.dirname, script), ...args]);
};
