import { execFileSync } from 'node:child_process';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endExperiment, getExperiment } from '../../contract/experiment-routes.ts';
import { listLogs } from '../../contract/operation-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import {
  artifactBytes,
  config,
  freshStack,
  removeStack,
  specSource,
  userOf,
  workspace,
} from './scene.ts';

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
const theirs = 'a-bucket-of-the-user';

beforeAll(async () => {
  stack = await freshStack({ context: { artifactBuckets: [theirs, 'not-made-yet'] } });
  user = userOf(stack);
  await new S3Client(stack.aws).send(new CreateBucketCommand({ Bucket: theirs }));
});
afterAll(() => removeStack(stack));

const end = async (experiment: string, body: object) =>
  (await user.call(endExperiment, { params: { workspace, experiment }, body })).body;

const saved = async (Bucket: string, Prefix: string): Promise<readonly string[]> => {
  const { Contents = [] } = await new S3Client(stack.aws).send(
    new ListObjectsV2Command({ Bucket, Prefix }),
  );
  return Contents.map(({ Key = '' }) => Key.slice(Prefix.length));
};

const text = async (uri: string): Promise<string> =>
  new TextDecoder().decode(await artifactBytes(stack, uri));

const statusOf = async (experiment: string): Promise<string> =>
  (await user.call(getExperiment, { params: { workspace, experiment } })).body.status;

describe('ending with artifacts', () => {
  const experiment = 'kept';
  const root = `s3://${theirs}/outputs/${experiment}/`;

  test('saves all that it takes to repeat every run, and only then ends the experiment', async () => {
    await user.create(experiment);
    const dataHandleId = await user.download(experiment);
    await user.fit(experiment, dataHandleId, [config(), config({ raise: true })], { seed: 9 });
    const { operation } = await end(experiment, { artifactsBucket: `s3://${theirs}/outputs` });
    expect(operation?.artifactsUri).toBe(root);
    expect(await statusOf(experiment)).toBe('alive');
    expect(await user.ended(experiment, operation?.operation ?? 0)).toMatchObject({
      status: 'completed',
      progress: { done: 2, of: 2 },
    });
    expect(await statusOf(experiment)).toBe('ended');

    const names = await saved(theirs, `outputs/${experiment}/`);
    expect(names).toEqual(
      expect.arrayContaining([
        'experiment.json',
        expect.stringMatching(/^code\/[0-9a-f]{64}\.py$/),
        `data/${dataHandleId}/manifest.json`,
        'operations/1/operation.json',
        'operations/2/operation.json',
        'operations/2/configs.jsonl',
        expect.stringMatching(/^logs\/.+\.jsonl$/),
        'runs/1/run.json',
        'runs/1/results.csv',
        'runs/1/checkpoints/final/model.safetensors',
        'runs/1/checkpoints/final/optimizer.safetensors',
        'runs/1/checkpoints/final/state.json',
        'runs/1/checkpoints/final/manifest.json',
        'runs/2/run.json',
      ]),
    );
    expect(names.filter((name) => /^runs\/\d+\/checkpoints\/(?!final\/)/.test(name))).toEqual([]);
    expect(await text(`${root}${names.find((name) => name.startsWith('code/'))}`)).toBe(specSource);
    expect(JSON.parse(await text(`${root}operations/2/operation.json`)).request).toMatchObject({
      kind: 'fit',
      seed: 9,
      dataHandleId,
    });
    expect((await text(`${root}runs/1/results.csv`)).split('\n')[0]).toBe(
      'run_id,epoch,train_loss,val_loss',
    );
  });

  test('saves the very bytes of the final checkpoint', async () => {
    const [run] = await user.runs(experiment);
    const model = 'model.safetensors';
    expect(await artifactBytes(stack, `${root}runs/1/checkpoints/final/${model}`)).toEqual(
      await artifactBytes(stack, `${run?.checkpointUri}${model}`),
    );
  });

  test('leaves results, runs and logs readable', async () => {
    expect(await user.results(experiment)).toHaveLength(2);
    expect(await user.runs(experiment)).toHaveLength(2);
    const logs = await user.call(listLogs, { params: { workspace, experiment } });
    expect(logs.body.items.length).toBeGreaterThan(0);
  });
});

test('every epoch’s checkpoint is saved when the experiment keeps them and the caller asks for them', async () => {
  const experiment = 'epochs';
  await user.create(experiment, specSource, { epochCheckpoints: true });
  await user.fit(experiment, await user.download(experiment), config({}, { epochs: 3 }));
  expect(endInPython(`'s3://${theirs}', save_epoch_checkpoints=True`)).toContain(
    `Saving the artifacts under s3://${theirs}/${experiment}/ · 100%`,
  );
  const names = await saved(theirs, `${experiment}/runs/1/checkpoints/`);
  const epochs = new Set(names.map((name) => /^epoch-(\d{4})/.exec(name)?.[1]).filter(Boolean));
  expect([...epochs]).toEqual(['0001', '0002', '0003']);
});

const endInPython = (words: string): string => {
  const code = `import fanfold; fanfold.Experiment.attach().end(${words})`;
  const env = { ...process.env, FANFOLD_URL: stack.url, FANFOLD_TOKEN: stack.token };
  return execFileSync('.venv/bin/python', ['-c', code], { env, encoding: 'utf8' });
};

describe('refused:', () => {
  const experiment = 'refused';
  beforeAll(() => user.create(experiment));

  test('epoch checkpoints of an experiment that keeps none', async () => {
    const body = { artifactsBucket: `s3://${theirs}`, saveEpochCheckpoints: true };
    await expect(end(experiment, body)).rejects.toMatchObject({
      name: 'epoch-checkpoints-disabled',
    });
  });

  test.each(['bucket', 'http://bucket/x', 's3://', 's3://B!/x'])('artifacts to %j', async (uri) => {
    await expect(end(experiment, { artifactsBucket: uri })).rejects.toMatchObject({
      name: 'invalid-request',
      problem: { errors: [{ pointer: '/artifactsBucket' }] },
    });
  });

  test.each(['', '/artifacts', '/artifacts/other', '/workspaces/default'])(
    'artifacts to %j of our own bucket, where they are not its workspace’s',
    async (path) => {
      const artifactsBucket = `s3://${stack.bucket}${path}`;
      await expect(end(experiment, { artifactsBucket })).rejects.toMatchObject({
        name: 'invalid-request',
        message: expect.stringContaining(`s3://${stack.bucket}/artifacts/${workspace}/`),
      });
    },
  );

  test('nothing: without a bucket the flag is ignored altogether', async () => {
    expect(await end(experiment, { saveEpochCheckpoints: true })).toEqual({ ended: true });
  });
});

test('a failed save leaves the experiment alive, and the next one takes up what is there', async () => {
  const experiment = 'retried';
  await user.create(experiment);
  await user.fit(experiment, await user.download(experiment), config());
  const body = { artifactsBucket: 's3://not-made-yet/' };
  const first = await end(experiment, body);
  const failed = await user.ended(experiment, first.operation?.operation ?? 0);
  expect(failed).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/^NoSuchBucket: [^{]+$/),
  });
  expect(await statusOf(experiment)).toBe('alive');
  await new S3Client(stack.aws).send(new CreateBucketCommand({ Bucket: 'not-made-yet' }));
  const second = await end(experiment, body);
  expect(await user.ended(experiment, second.operation?.operation ?? 0)).toMatchObject({
    status: 'completed',
  });
  expect(await statusOf(experiment)).toBe('ended');
});
