import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ProblemError } from '../../contract/client.ts';
import { getPredictions } from '../../contract/inference-routes.ts';
import { cancelOperation, getOperation, listOperations } from '../../contract/operation-routes.ts';
import type { OperationResource } from '../../contract/resources.ts';
import { dataBucket, experiment, type Models, putObject, startModels } from './inference-scene.ts';
import { killJob, runningJobs, until, workspace } from './scene.ts';

vi.setConfig({ testTimeout: 300_000 });

let models: Models;
const runId = 1;
const runWithoutCheckpoint = 2;

beforeAll(async () => {
  models = await startModels();
});
afterAll(() => models?.stop());

const infer = async (kind: 'test' | 'predict', body: object): Promise<OperationResource> =>
  models.user.infer(kind, experiment, { dataHandleId: models.dataHandleId, ...body });

describe('refused before anything starts:', () => {
  const modelTag = `s3://${dataBucket}/best.pt`;
  const range = { user_knobs: { width: { $range: { low: 1, high: 2 } } } };

  test.each<[string, string, object, string]>([
    ['neither pathway', 'pathway-ambiguous', {}, 'none of them is given'],
    [
      'both pathways',
      'pathway-ambiguous',
      { runId, modelTag, config: {} },
      'runId, modelTag, config',
    ],
    ['a run and a tag', 'pathway-ambiguous', { runId, modelTag }, 'runId, modelTag'],
    ['a run with a config', 'pathway-ambiguous', { runId, config: {} }, 'runId, config'],
    ['a tag without a config', 'pathway-ambiguous', { modelTag }, 'modelTag'],
    ['a config without a tag', 'pathway-ambiguous', { config: {} }, 'config'],
    ['a run of no fit', 'run-not-found', { runId: 99 }, 'has no run 99'],
    [
      'a run without a checkpoint',
      'no-checkpoint',
      { runId: runWithoutCheckpoint },
      'left no checkpoint',
    ],
    ['an epoch never trained', 'no-checkpoint', { runId, epochCheckpoint: 4 }, 'there are: 1–3'],
    ['epoch 0', 'no-checkpoint', { runId, epochCheckpoint: 0 }, 'there are: 1–3'],
    [
      'an epoch of a tag',
      'epoch-checkpoint-not-applicable',
      { modelTag, config: {}, epochCheckpoint: 1 },
      'leave one of them out',
    ],
    [
      'a set-valued knob',
      'invalid-config',
      { modelTag, config: range },
      '/config/user_knobs/width',
    ],
    ['a tag that is no URI', 'invalid-model-tag', { modelTag: 'a.pt', config: {} }, 's3://'],
    [
      'a tag that is a folder',
      'invalid-model-tag',
      { modelTag: 's3://ab/c/', config: {} },
      'one file',
    ],
    ['a data handle of none', 'data-handle-not-found', { runId, dataHandleId: 'dh-0' }, 'dh-0'],
    ['no examples at all', 'invalid-request', { runId, batchSize: 0 }, '/batchSize'],
    ['half an example', 'invalid-request', { runId, batchSize: 2.5 }, '/batchSize'],
    ['a number in words', 'invalid-request', { runId, batchSize: '8' }, '/batchSize'],
    ['an unknown member', 'invalid-request', { runId, epoch: 1 }, 'epoch'],
  ])('%s is %s', async (_, name, body, sentence) => {
    const operations = async () =>
      (await models.user.call(listOperations, { params: { workspace, experiment } })).body.items
        .length;
    const before = await operations();
    for (const kind of ['test', 'predict'] as const) {
      const refusal = await models.user
        .startInference(kind, experiment, { dataHandleId: models.dataHandleId, ...body })
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      if (!(refusal instanceof ProblemError)) throw new Error(`not refused: ${refusal}`);
      expect(refusal.name).toBe(name);
      expect(`${refusal.message} ${JSON.stringify(refusal.problem.errors)}`).toContain(sentence);
    }
    expect(await operations()).toBe(before);
  });

  test('a data handle without the partition is partition-missing', async () => {
    const other = await models.user.download(experiment, ['train']);
    for (const [kind, partition] of [
      ['test', 'test'],
      ['predict', 'predict'],
    ] as const) {
      await expect(
        models.user.startInference(kind, experiment, { dataHandleId: other, runId }),
      ).rejects.toMatchObject({
        name: 'partition-missing',
        message: expect.stringContaining(`no ${partition} partition`),
      });
    }
  });

  test('the predictions of what has none are no-predictions', async () => {
    for (const operation of ['1', '2']) {
      const params = { workspace, experiment, operation };
      await expect(models.user.call(getPredictions, { params })).rejects.toMatchObject({
        name: 'no-predictions',
      });
    }
    const params = { workspace, experiment, operation: '9999' };
    await expect(models.user.call(getPredictions, { params })).rejects.toMatchObject({
      name: 'operation-not-found',
    });
  });
});

describe('a model tag', () => {
  const knobs = { user_knobs: { width: 8 } };

  test('that only the worker can refuse fails the operation with its problem type', async () => {
    const foreign = { bucket: models.stack.bucket, key: 'workspaces/other/uploads/best.pt' };
    const cases: readonly (readonly [string, string])[] = [
      [`s3://${dataBucket}/none.pt`, 'does not exist or may not be read'],
      [await putObject(models.stack, foreign, models.files.path('best.pt')), 'may not be read'],
      [
        await models.user.uploadFile(models.files.path('no-model.pt')),
        'neither safetensors nor a file of torch',
      ],
      [
        await models.user.uploadFile(models.files.path('unsafe.pt')),
        'it holds posix.system, and reading that',
      ],
      [
        await models.user.uploadFile(models.files.path('unsafe.pkl')),
        'neither safetensors nor a file of torch',
      ],
    ];
    for (const [modelTag, sentence] of cases) {
      const failed = await infer('test', { modelTag, config: knobs });
      expect(failed).toMatchObject({ status: 'failed', errorType: 'invalid-model-tag' });
      expect(failed.error).toContain(sentence);
      expect(failed.error).toContain(modelTag);
    }
    expect(existsSync(models.files.trace)).toBe(false);
  });

  test('that does not fit what its config makes says which weights do not', async () => {
    const modelTag = await models.user.uploadFile(models.files.path('best.pt'));
    const failed = await infer('predict', { modelTag, config: { user_knobs: { width: 9 } } });
    expect(failed).toMatchObject({ status: 'failed', errorType: 'invalid-model-tag' });
    expect(failed.error).toContain('size mismatch for 0.weight');
  });
});

describe('a prediction that takes long', () => {
  /** By a tag, whose config can slow it down. */
  const slowly = async (knobs: object = {}) => ({
    dataHandleId: models.dataHandleId,
    modelTag: await models.user.uploadFile(models.files.path('best.pt')),
    config: { user_knobs: { pause_s: 0.5, ...knobs } },
  });
  const progressOf = async (operation: number) => {
    const params = { workspace, experiment, operation: String(operation) };
    return (await models.user.call(getOperation, { params })).body.progress;
  };
  const untilBatch = async (operation: number, batch: number): Promise<void> => {
    await until(`batch ${batch}`, async () => ((await progressOf(operation))?.done ?? 0) >= batch);
  };

  test('lets no other operation start, and shows how far it is', async () => {
    const { operation } = await models.user.startInference('predict', experiment, await slowly());
    await expect(
      models.user.startInference('test', experiment, { dataHandleId: models.dataHandleId, runId }),
    ).rejects.toMatchObject({
      name: 'operation-in-progress',
      message: expect.stringContaining(`operation ${operation}`),
    });
    await untilBatch(operation, 1);
    expect(await progressOf(operation)).toMatchObject({ of: 5 });
    const params = { workspace, experiment, operation: String(operation) };
    await expect(models.user.call(getPredictions, { params })).rejects.toMatchObject({
      name: 'no-predictions',
      message: expect.stringContaining('is running'),
    });
    expect(await models.user.ended(experiment, operation)).toMatchObject({ status: 'completed' });
  });

  test('and whose worker is killed starts anew and ends with the same file', async () => {
    const alone = await infer('predict', await slowly({ pause_s: 0 }));
    const slow = await slowly({ pause_s: 1 });
    const { operation } = await models.user.startInference('predict', experiment, slow);
    await untilBatch(operation, 2);
    killJob(models.stack);
    const killed = await models.user.ended(experiment, operation);
    expect(killed).toMatchObject({ status: 'completed', jobs: [{ attempts: 2 }] });
    expect(killed.predictions?.uri).toContain('/lease-2/');
    expect(await models.user.predictions(experiment, operation)).toBe(
      await models.user.predictions(experiment, alone.operation),
    );
  });

  test('is cancelled, and leaves no worker and no file', async () => {
    const { operation } = await models.user.startInference(
      'predict',
      experiment,
      await slowly({ pause_s: 5 }),
    );
    await untilBatch(operation, 1);
    const params = { workspace, experiment, operation: 'current' as const };
    expect((await models.user.call(cancelOperation, { params })).status).toBe(202);
    const cancelled = await models.user.ended(experiment, operation);
    expect(cancelled.status).toBe('cancelled');
    expect(cancelled.error).toBeUndefined();
    expect(cancelled.predictions).toBeUndefined();
    expect(runningJobs(models.stack)).toEqual([]);
  });

  test('called again with its idempotency key is the same one', async () => {
    const body = await slowly();
    const first = await models.user.startInference('predict', experiment, body, 'once');
    const second = await models.user.startInference('predict', experiment, body, 'once');
    expect(second.operation).toBe(first.operation);
    await models.user.ended(experiment, first.operation);
    await expect(
      models.user.startInference('test', experiment, body, 'once'),
    ).rejects.toMatchObject({
      name: 'idempotency-key-reused',
    });
  });
});

describe('user code that', () => {
  test('raises fails the test with its traceback, and its secrets are not told', async () => {
    const modelTag = await models.user.uploadFile(models.files.path('best.pt'));
    const config = { user_knobs: { raise: { $secret: 'open sesame' } } };
    const failed = await infer('test', { modelTag, config });
    expect(failed).toMatchObject({ status: 'failed' });
    expect(failed.errorType).toBeUndefined();
    const sentence = 'compute_forward raised ValueError: the outputs went their own way: ***';
    expect(failed.error).toBe(sentence);
    expect(failed.traceback).toMatch(/outputs\.py", line \d+, in misbehave/);
    expect(JSON.stringify(failed)).not.toContain('open sesame');
  });

  test('ends the process fails the test after three lost attempts', async () => {
    const modelTag = await models.user.uploadFile(models.files.path('best.pt'));
    const failed = await infer('test', { modelTag, config: { user_knobs: { exit: true } } });
    expect(failed).toMatchObject({ status: 'failed' });
    expect(failed.error).toContain('lost 3 times in a row');
  });
});
