import { describe, expect, test } from 'vitest';
import type { JsonObject } from './config.ts';
import { readConfigSpace } from './config-space.ts';
import type { Fault } from './domain-error.ts';
import { FaultList } from './fault-list.ts';
import { checkLeafConfig } from './leaf-config.ts';

const faultsOf = (config: JsonObject): readonly Fault[] => {
  const faults = new FaultList();
  const space = readConfigSpace(config, { pointer: '', depth: 0 }, { faults, allowed: 'all' });
  checkLeafConfig(space, faults);
  return faults.all;
};

const train = { epochs: 2, batch_size: 32, optimizer: { name: 'SGD', args: { lr: 0.1 } } };

const without = (knob: keyof typeof train): JsonObject => {
  const { [knob]: _, ...rest } = train;
  return rest;
};

/** A sound config but for these knobs of `train`. */
const trained = (knobs: JsonObject): JsonObject => ({ train: { ...train, ...knobs } });

const scheduled = (lr_scheduler: JsonObject): JsonObject => trained({ lr_scheduler });

const measured = (named_metrics: JsonObject): JsonObject => ({ train, named_metrics });

const list = (...values: JsonObject[]): JsonObject => ({ $list: values });

const range = (low: number, high: number): JsonObject => ({ $range: { low, high } });

const accuracy = { name: 'Accuracy', args: { task: 'binary' } };

describe('accepted:', () => {
  test.each<[string, JsonObject]>([
    ['the least that can be trained', { train }],
    [
      'every knob there is',
      {
        train: {
          epochs: 99_999,
          batch_size: 1,
          optimizer: { name: 'AdamW', args: { lr: 1e-3, betas: [0.9, 0.99] } },
          lr_scheduler: { name: 'StepLR', args: { step_size: 2 }, interval: 'epoch' },
          max_grad_norm: 0.5,
          gradient_accumulation_steps: 4,
          precision: 'bf16',
        },
        user_knobs: { width: 64, blocks: [{ kernel: 3 }, { kernel: 5 }] },
        named_metrics: { acc: accuracy, F1_macro: { name: 'F1Score', args: { task: 'binary' } } },
        fsdp_layer_cls: ['Block', 'Head'],
      },
    ],
    ['an optimizer with its own defaults', trained({ optimizer: { name: 'Adam' } })],
    ['a scheduler with its own defaults', scheduled({ name: 'LinearLR' })],
    ['a scheduler that steps per batch', scheduled({ name: 'LinearLR', interval: 'batch' })],
    ['one layer class', { train, fsdp_layer_cls: 'Block' }],
    [
      'optional knobs that are null',
      {
        train: { ...train, lr_scheduler: null, max_grad_norm: null, precision: null },
        user_knobs: null,
        named_metrics: null,
        fsdp_layer_cls: null,
      },
    ],
    ['a Range whose every value is good', trained({ batch_size: range(1, 64) })],
  ])('%s', (_, config) => {
    expect(faultsOf(config)).toEqual([]);
  });
});

describe('refused with a pointer and a word of help:', () => {
  const positive = 'must be a positive whole number';
  const layerClass = 'must be the name of a layer class, or a list of them';
  const knownAs = (name: string): string => `is not known here; did you mean ${name}?`;

  test.each<[string, JsonObject, string, string]>([
    ['no train', {}, '/train', 'is missing'],
    ['a train that is no object', { train: [] }, '/train', 'must be an object'],
    ['no epochs', { train: without('epochs') }, '/train/epochs', 'is missing'],
    ['no batch_size', { train: without('batch_size') }, '/train/batch_size', 'is missing'],
    ['no optimizer', { train: without('optimizer') }, '/train/optimizer', 'is missing'],
    ['a misspelt group', { train, user_knob: {} }, '/user_knob', knownAs('user_knobs')],
    ['a misspelt knob', trained({ batchsize: 1 }), '/train/batchsize', knownAs('batch_size')],
    ['a knob like no other', trained({ zebra: 1 }), '/train/zebra', 'is not known here'],
    ['a name that is no member', trained({ 'a/b': 1 }), '/train/a~1b', 'is not known here'],

    ['no epoch', trained({ epochs: 0 }), '/train/epochs', positive],
    ['part of an epoch', trained({ epochs: 1.5 }), '/train/epochs', positive],
    ['epochs in words', trained({ epochs: '3' }), '/train/epochs', positive],
    ['epochs left null', trained({ epochs: null }), '/train/epochs', positive],
    ['too many epochs', trained({ epochs: 1e5 }), '/train/epochs', 'must be at most 99999'],
    ['a Range from no epoch', trained({ epochs: range(0, 3) }), '/train/epochs', positive],
    ['a Range of parts of epochs', trained({ epochs: range(1, 2.5) }), '/train/epochs', positive],
    [
      'a Range to too many epochs',
      trained({ epochs: range(1, 1e5) }),
      '/train/epochs',
      'must be at most 99999',
    ],
    ['an empty batch', trained({ batch_size: 0 }), '/train/batch_size', positive],
    [
      'no step between updates',
      trained({ gradient_accumulation_steps: 0 }),
      '/train/gradient_accumulation_steps',
      positive,
    ],
    [
      'gradients cut to nothing',
      trained({ max_grad_norm: 0 }),
      '/train/max_grad_norm',
      'must be a positive number',
    ],
    [
      'gradients cut to a word',
      trained({ max_grad_norm: 'inf' }),
      '/train/max_grad_norm',
      'must be a positive number',
    ],
    [
      'an unknown precision',
      trained({ precision: 'fp8' }),
      '/train/precision',
      'must be one of fp32, bf16',
    ],

    [
      'an optimizer by its name alone',
      trained({ optimizer: 'SGD' }),
      '/train/optimizer',
      'must be an object',
    ],
    ['a nameless optimizer', trained({ optimizer: {} }), '/train/optimizer/name', 'is missing'],
    [
      'a numbered optimizer',
      trained({ optimizer: { name: 1 } }),
      '/train/optimizer/name',
      'must be a name',
    ],
    [
      'an unknown optimizer',
      trained({ optimizer: { name: 'AdamV' } }),
      '/train/optimizer/name',
      'is no optimizer of torch.optim; did you mean Adam?',
    ],
    [
      'an optimizer named like a property of every object',
      trained({ optimizer: { name: 'constructor' } }),
      '/train/optimizer/name',
      'is no optimizer of torch.optim',
    ],
    [
      'arguments in a list',
      trained({ optimizer: { name: 'SGD', args: [0.1] } }),
      '/train/optimizer/args',
      'must be an object',
    ],
    [
      'an argument of another optimizer',
      trained({ optimizer: { name: 'SGD', args: { betas: [0.9, 0.9] } } }),
      '/train/optimizer/args/betas',
      'is no argument of SGD',
    ],
    [
      'a misspelt argument',
      trained({ optimizer: { name: 'SGD', args: { momentun: 0.9 } } }),
      '/train/optimizer/args/momentun',
      'is no argument of SGD; did you mean momentum?',
    ],
    [
      'an interval for an optimizer',
      trained({ optimizer: { name: 'SGD', interval: 'epoch' } }),
      '/train/optimizer/interval',
      'is not known here',
    ],

    [
      'an unknown scheduler',
      scheduled({ name: 'StepLr2' }),
      '/train/lr_scheduler/name',
      'is no scheduler of torch.optim.lr_scheduler; did you mean StepLR?',
    ],
    [
      'an unknown argument of a scheduler',
      scheduled({ name: 'StepLR', args: { step_size: 1, gama: 0.5 } }),
      '/train/lr_scheduler/args/gama',
      'is no argument of StepLR; did you mean gamma?',
    ],
    [
      'a scheduler without the argument it needs',
      scheduled({ name: 'StepLR', args: { gamma: 0.5 } }),
      '/train/lr_scheduler/args/step_size',
      'is missing; StepLR needs it',
    ],
    [
      'a scheduler without any of the arguments it needs',
      scheduled({ name: 'StepLR' }),
      '/train/lr_scheduler/args/step_size',
      'is missing; StepLR needs it',
    ],
    [
      'an unknown interval',
      scheduled({ name: 'LinearLR', interval: 'step' }),
      '/train/lr_scheduler/interval',
      'must be one of batch, epoch',
    ],

    [
      'an unknown metric',
      measured({ acc: { name: 'Acuracy' } }),
      '/named_metrics/acc/name',
      'is no metric of torchmetrics; did you mean Accuracy?',
    ],
    [
      'an unknown argument of a metric',
      measured({ acc: { name: 'Accuracy', args: { task: 'binary', treshold: 0.5 } } }),
      '/named_metrics/acc/args/treshold',
      'is no argument of Accuracy; did you mean threshold?',
    ],
    [
      'a metric without the argument it needs',
      measured({ acc: { name: 'Accuracy' } }),
      '/named_metrics/acc/args/task',
      'is missing; Accuracy needs it',
    ],
    [
      'a label that makes no column',
      measured({ 'top 1': accuracy }),
      '/named_metrics/top 1',
      'a label is a letter, then letters, digits or _',
    ],
    [
      'a label that starts with a digit',
      measured({ '1st': accuracy }),
      '/named_metrics/1st',
      'a label is a letter, then letters, digits or _',
    ],
    [
      'a label of more than 64 letters',
      measured({ ['a'.repeat(65)]: accuracy }),
      `/named_metrics/${'a'.repeat(65)}`,
      'a label is a letter, then letters, digits or _',
    ],
    [
      'the label that the validation loss has',
      measured({ loss: accuracy }),
      '/named_metrics/loss',
      'the label loss is taken by the loss itself',
    ],
    ['metrics in a list', { train, named_metrics: [] }, '/named_metrics', 'must be an object'],

    ['user_knobs that are none', { train, user_knobs: 3 }, '/user_knobs', 'must be an object'],
    ['a nameless layer class', { train, fsdp_layer_cls: '' }, '/fsdp_layer_cls', layerClass],
    ['no layer class', { train, fsdp_layer_cls: [] }, '/fsdp_layer_cls', layerClass],
    ['a numbered layer class', { train, fsdp_layer_cls: ['A', 1] }, '/fsdp_layer_cls', layerClass],
  ])('%s', (_, config, pointer, detail) => {
    expect(faultsOf(config)).toEqual([{ pointer, detail }]);
  });
});

describe('in a config of several values', () => {
  test('each value of a List is checked where it stands', () => {
    const optimizer = list({ name: 'SGD' }, { name: 'SGP' });
    expect(faultsOf(trained({ optimizer }))).toEqual([
      {
        pointer: '/train/optimizer/$list/1/name',
        detail: 'is no optimizer of torch.optim; did you mean SGD?',
      },
    ]);
  });

  test('arguments must suit every class that may be named with them', () => {
    const optimizer = { name: { $list: ['SGD', 'Adam'] }, args: { momentum: 0.9 } };
    expect(faultsOf(trained({ optimizer }))).toEqual([
      { pointer: '/train/optimizer/args/momentum', detail: 'is no argument of Adam' },
    ]);
  });

  test('each of several sets of arguments must suit the class', () => {
    const optimizer = { name: 'SGD', args: list({ lr: 0.1 }, { betas: [0.9, 0.9] }) };
    expect(faultsOf(trained({ optimizer }))).toEqual([
      { pointer: '/train/optimizer/args/$list/1/betas', detail: 'is no argument of SGD' },
    ]);
  });

  test('a knob whose Range is broken is told of once', () => {
    expect(faultsOf(trained({ epochs: range(3, 1) }))).toEqual([
      { pointer: '/train/epochs/$range', detail: 'low must be below high' },
    ]);
  });
});
