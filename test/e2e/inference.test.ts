import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { endExperiment } from '../../contract/experiment-routes.ts';
import { cancelOperation, listOperations } from '../../contract/operation-routes.ts';
import type { OperationResource } from '../../contract/resources.ts';
import {
  artifactBucket,
  clientScript,
  compareWithPlainModel,
  dataBucket,
  experiment,
  type Models,
  putObject,
  startModels,
} from './inference-scene.ts';
import { artifactBytes, config, workspace } from './scene.ts';

vi.setConfig({ testTimeout: 300_000 });

let models: Models;
const runId = 1;

beforeAll(async () => {
  models = await startModels();
});
afterAll(() => models?.stop());

const infer = async (kind: 'test' | 'predict', body: object): Promise<OperationResource> =>
  models.user.infer(kind, experiment, { dataHandleId: models.dataHandleId, ...body });

describe('a run is', () => {
  test('tested and predicted with as by the plain model, from its final checkpoint', async () => {
    const tested = await infer('test', { runId });
    expect(tested).toMatchObject({
      kind: 'test',
      status: 'completed',
      batchSize: 5,
      model: {
        runId,
        choice: 'final',
        epoch: 3,
        chunk: 0,
        checkpointUri: models.runs[0]?.checkpointUri,
      },
      progress: { done: 4, of: 4 },
    });
    const predicted = await infer('predict', { runId });
    expect(predicted).toMatchObject({
      kind: 'predict',
      status: 'completed',
      predictions: {
        fileName: 'predictions_run1.csv',
        rows: 23,
        columns: ['id', 'prediction_0', 'prediction_1'],
      },
    });
    const predictions = await models.user.predictions(experiment, predicted.operation);
    compareWithPlainModel(models.files.model, models.runs[0]?.config, {
      metrics: tested.metrics,
      predictions,
    });
  });

  test('used as it was after an epoch, when the experiment keeps each', async () => {
    const predicted = await infer('predict', { runId, epochCheckpoint: 1 });
    expect(predicted).toMatchObject({
      status: 'completed',
      model: { choice: 'epoch', epoch: 1, chunk: 0 },
      predictions: { fileName: 'predictions_run1_epoch1.csv' },
    });
    const final = await infer('predict', { runId, epochCheckpoint: 3 });
    const texts = await Promise.all(
      [predicted, final].map(({ operation }) => models.user.predictions(experiment, operation)),
    );
    expect(texts[0]).not.toBe(texts[1]);
    const byDefault = await infer('predict', { runId });
    expect(await models.user.predictions(experiment, byDefault.operation)).toBe(texts[1]);
  });

  test('used as far as it got when it was stopped, and the answer says so', async () => {
    const endless = config({ train_pause_s: 0.2 }, { epochs: 1000 });
    const { operation } = await models.user.start(experiment, models.dataHandleId, endless);
    const stopped = 3;
    await models.user.untilRun(
      experiment,
      stopped,
      'has finished an epoch',
      (run) => run.completedEpochs > 0,
    );
    await models.user.call(cancelOperation, {
      params: { workspace, experiment, operation: 'current' },
    });
    await models.user.ended(experiment, operation);
    const tested = await infer('test', { runId: stopped });
    expect(tested).toMatchObject({
      status: 'completed',
      model: { runId: stopped, choice: 'newest' },
    });
    expect(tested.metrics?.['test_loss']).toBeGreaterThan(0);
  });
});

describe('a model tag', () => {
  const knobs = { user_knobs: { width: 8 } };

  test('gives what the run gives, from safetensors or torch’s own format, in either bucket', async () => {
    const ofRun = await infer('test', { runId });
    const tags = [
      await putObject(
        models.stack,
        { bucket: dataBucket, key: 'a/best.safetensors' },
        models.files.model,
      ),
      await models.user.uploadFile(models.files.path('best.pt')),
    ];
    for (const modelTag of tags) {
      const tested = await infer('test', { modelTag, config: knobs });
      expect(tested).toMatchObject({ status: 'completed', model: { modelTag } });
      expect(tested.metrics).toEqual(ofRun.metrics);
    }
    const predicted = await infer('predict', { modelTag: tags[1], config: knobs });
    expect(predicted.predictions?.fileName).toBe('predictions_best.csv');
    const predictions = await models.user.predictions(experiment, predicted.operation);
    compareWithPlainModel(models.files.model, knobs, { metrics: ofRun.metrics, predictions });
  });

  test('takes metrics named in its config', async () => {
    const modelTag = await models.user.uploadFile(models.files.path('best.pt'));
    const named_metrics = { mse: { name: 'MeanSquaredError' } };
    const tested = await infer('test', { modelTag, config: { named_metrics } });
    expect(Object.keys(tested.metrics ?? {})).toEqual(['test_loss', 'test_mae', 'test_mse']);
  });
});

test('the Python client tests, predicts, and raises each refusal as its class', async () => {
  const [modelTag, unsafeTag] = await Promise.all(
    ['best.pt', 'unsafe.pt'].map((name) => models.user.uploadFile(models.files.path(name))),
  );
  const said = await clientScript(models, modelTag ?? '', unsafeTag ?? '');
  expect(said).toContain('test_loss');
});

test('what end() saves holds what tests measured and the files of predictions', async () => {
  const operations = (
    await models.user.call(listOperations, {
      params: { workspace, experiment },
      query: { limit: '1000' },
    })
  ).body.items;
  const { body } = await models.user.call(endExperiment, {
    params: { workspace, experiment },
    body: { artifactsBucket: `s3://${artifactBucket}/out` },
  });
  expect(await models.user.ended(experiment, body.operation?.operation ?? 0)).toMatchObject({
    status: 'completed',
  });
  const saved = async (path: string): Promise<string> =>
    Buffer.from(
      await artifactBytes(models.stack, `${body.operation?.artifactsUri}operations/${path}`),
    ).toString();
  const tested = operations.find(({ kind, metrics }) => kind === 'test' && metrics);
  expect(JSON.parse(await saved(`${tested?.operation}/operation.json`))).toMatchObject({
    metrics: tested?.metrics,
    request: { kind: 'test', batchSize: 5, model: { runId, config: models.runs[0]?.config } },
  });
  const { operation = 0, predictions } =
    operations.find((one) => one.predictions?.fileName === 'predictions_run1.csv') ?? {};
  expect(await saved(`${operation}/${predictions?.fileName}`)).toBe(
    await models.user.predictions(experiment, operation),
  );
});

test('an experiment that keeps no epochs has only its runs’ final checkpoints', async () => {
  await models.user.create('finals', false);
  const handle = await models.user.download('finals', ['train', 'test']);
  await models.user.fit('finals', handle, config());
  const body = { dataHandleId: handle, runId: 1 };
  await expect(
    models.user.startInference('test', 'finals', { ...body, epochCheckpoint: 2 }),
  ).rejects.toMatchObject({ name: 'epoch-checkpoints-disabled' });
  expect(await models.user.infer('test', 'finals', body)).toMatchObject({
    status: 'completed',
    model: { choice: 'final', epoch: 2 },
  });
});
