import { describe, expect, test } from 'vitest';
import { DomainError } from './domain-error.ts';
import type { Model } from './inference.ts';
import type { AskedModel } from './inference-model.ts';
import {
  checkNotDeleted,
  newestCheckpoint,
  noSuchEpoch,
  predictionsFileName,
  readPathway,
} from './inference-model.ts';
import type { Run } from './run.ts';

const refusalOf = (act: () => unknown): DomainError => {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('not refused');
};

const modelTag = 's3://bucket/models/best.pt';
const config = { user_knobs: { width: 3 } };

describe('a model is named', () => {
  test('by its run, with or without an epoch', () => {
    expect(readPathway({ runId: 3 })).toEqual({ kind: 'run', runId: 3 });
    expect(readPathway({ runId: 3, epochCheckpoint: 2 })).toMatchObject({ epochCheckpoint: 2 });
  });

  test('by a tag with a config, which may be empty', () => {
    expect(readPathway({ modelTag, config })).toEqual({ kind: 'tag', uri: modelTag, config });
    expect(readPathway({ modelTag, config: {} })).toMatchObject({ config: {} });
  });

  test.each<[string, AskedModel, readonly string[]]>([
    ['by nothing', {}, []],
    ['by an epoch alone', { epochCheckpoint: 1 }, []],
    ['by both', { runId: 1, modelTag, config }, ['/runId', '/modelTag', '/config']],
    ['by a run and a tag', { runId: 1, modelTag }, ['/runId', '/modelTag']],
    ['by a run with a config', { runId: 1, config }, ['/runId', '/config']],
    ['by a tag without a config', { modelTag }, ['/modelTag']],
    ['by a config without a tag', { config }, ['/config']],
  ])('ambiguously %s', (_, asked, pointers) => {
    const { refusal, faults } = refusalOf(() => readPathway(asked));
    expect(refusal).toBe('pathway-ambiguous');
    expect(faults.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test('by a tag that has no epochs to choose from', () => {
    const asked = { modelTag, config, epochCheckpoint: 1 };
    expect(refusalOf(() => readPathway(asked)).refusal).toBe('epoch-checkpoint-not-applicable');
  });

  test.each([
    'models/best.pt',
    '/models/best.pt',
    'https://bucket/best.pt',
    's3://bucket',
    's3://bucket/',
    's3://bucket/models/',
    `s3://bucket/${'é'.repeat(513)}`,
  ])('by a tag that names no file in S3: %s', (tag) => {
    const { refusal, faults } = refusalOf(() => readPathway({ modelTag: tag, config }));
    expect(refusal).toBe('invalid-model-tag');
    expect(faults).toMatchObject([{ pointer: '/modelTag' }]);
  });
});

describe('the config of a tag', () => {
  const faultsOf = (given: unknown) => {
    const { refusal, faults } = refusalOf(() => readPathway({ modelTag, config: given }));
    expect(refusal).toBe('invalid-config');
    return faults.map(({ pointer, detail }) => `${pointer} ${detail}`);
  };

  test('has knobs, named metrics and a layer class, and as much of training as its author likes', () => {
    const whole = {
      user_knobs: { any: [1, { thing: null }] },
      named_metrics: { mae: { name: 'MeanAbsoluteError' } },
      fsdp_layer_cls: 'Block',
      train: { batch_size: 8, precision: 'bf16' },
    };
    expect(readPathway({ modelTag, config: whole })).toMatchObject({ config: whole });
  });

  test('has one value for each knob', () => {
    const set = { user_knobs: { width: { $list: [1, 2] }, rate: { $range: { low: 0, high: 1 } } } };
    expect(faultsOf(set)).toEqual([
      '/config/user_knobs/width has several values; choose one',
      '/config/user_knobs/rate has several values; choose one',
    ]);
    expect(faultsOf({ $grid: {} })).toEqual([
      '/config $grid makes configs; it cannot stand inside one',
    ]);
  });

  test('is checked as that of a fit', () => {
    expect(faultsOf({ named_metrics: { f1: { name: 'F1Scor', args: {} } } })[0]).toContain(
      'did you mean F1Score?',
    );
    expect(faultsOf({ train: { precision: 'fp8' } })).toEqual([
      '/config/train/precision must be one of fp32, bf16',
    ]);
    expect(faultsOf({ knobs: {} })[0]).toContain('/config/knobs is not known here');
    expect(faultsOf([])).toEqual(['/config must be an object']);
    expect(faultsOf(null)).toEqual(['/config must be an object']);
    expect(faultsOf({ user_knobs: { text: 'x'.repeat(70_000) } })[0]).toContain('65536');
  });
});

describe('of a run is taken', () => {
  const checkpoint = { prefix: 'p/', epoch: 2, chunk: 3 };
  const run: Run = {
    workspace: 'default',
    experiment: 'e',
    runId: 7,
    operation: 1,
    dataHandleId: 'dh-1',
    worker: 1,
    config: {},
    status: 'completed',
    source: 'initial',
    completedEpochs: 2,
    checkpoint,
    attempts: 1,
    fruitlessAttempts: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    runtimeSeconds: 0,
  };

  test('the final checkpoint when it completed, else its newest', () => {
    expect(newestCheckpoint(run)).toEqual({ ...checkpoint, choice: 'final' });
    for (const status of ['stopped', 'failed'] as const)
      expect(newestCheckpoint({ ...run, status }).choice).toBe('newest');
  });

  test('none when it left none', () => {
    const { refusal, message } = refusalOf(() =>
      newestCheckpoint({ ...run, status: 'failed', checkpoint: undefined }),
    );
    expect([refusal, message]).toEqual([
      'no-checkpoint',
      'run 7 is failed and left no checkpoint; take a run that got further',
    ]);
  });

  test('none when it was deleted', () => {
    const deleted = refusalOf(() => checkNotDeleted({ ...run, status: 'deleted' }));
    expect([deleted.refusal, deleted.message]).toEqual([
      'run-not-found',
      'run 7 was deleted; take another one',
    ]);
    expect(() => checkNotDeleted(run)).not.toThrow();
  });

  test('an epoch’s, or the refusal lists those that there are', () => {
    const { refusal, message } = noSuchEpoch(7, 5, [1, 2, 3, 6, 8, 9]);
    expect([refusal, message]).toEqual([
      'no-checkpoint',
      'run 7 has no checkpoint of epoch 5; those there are: 1–3, 6, 8–9',
    ]);
    expect(noSuchEpoch(7, 1, []).message).toContain('it has none');
  });
});

test('a prediction’s file is named after the run, its epoch if one was asked for, or the tag', () => {
  const ofRun: Model = {
    kind: 'run',
    runId: 3,
    choice: 'final',
    epoch: 5,
    chunk: 0,
    uri: '',
    config,
  };
  const names = [
    ofRun,
    { ...ofRun, choice: 'newest' as const },
    { ...ofRun, choice: 'epoch' as const },
    ...['a/best.pt', 'a/best.v2.safetensors', 'best', '.pt', 'a/über "x".pt'].map((key) => ({
      kind: 'tag' as const,
      uri: `s3://bucket/${key}`,
      config,
    })),
  ].map(predictionsFileName);
  expect(names).toEqual([
    'predictions_run3.csv',
    'predictions_run3.csv',
    'predictions_run3_epoch5.csv',
    'predictions_best.csv',
    'predictions_best.v2.csv',
    'predictions_best.csv',
    'predictions_.pt.csv',
    'predictions__ber__x_.csv',
  ]);
});
