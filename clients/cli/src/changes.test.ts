import { describe, expect, test } from 'vitest';
import { changesOf, patchOf } from './changes.ts';

describe('--set writes a knob by its path:', () => {
  test.each([
    ['train.optimizer.args.lr=0.001', { train: { optimizer: { args: { lr: 0.001 } } } }],
    ['lr=1e-3', { lr: 0.001 }],
    ['user_knobs.flag=true', { user_knobs: { flag: true } }],
    ['user_knobs.name=cnn', { user_knobs: { name: 'cnn' } }],
    ['user_knobs.name="12"', { user_knobs: { name: '12' } }],
    ['user_knobs.answer=no', { user_knobs: { answer: 'no' } }],
    ['user_knobs.path=a=b', { user_knobs: { path: 'a=b' } }],
    ['user_knobs.sizes=[8, 16]', { user_knobs: { sizes: [8, 16] } }],
    ['train.lr_scheduler=null', { train: { lr_scheduler: null } }],
    ['train.lr_scheduler=', { train: { lr_scheduler: null } }],
    ['named_metrics.top\\.5.name=Accuracy', { named_metrics: { 'top.5': { name: 'Accuracy' } } }],
  ])('%s', (text, patch) => {
    expect(patchOf(text)).toEqual(patch);
  });
});

test.each(['lr', '=1', 'train..lr=1', '.lr=1', 'lr=[1', 'lr=.inf'])(
  '--set %s is a usage error',
  (text) => {
    expect(() => patchOf(text)).toThrow(expect.objectContaining({ exit: 'usage' }));
  },
);

test('several settings meet in one patch, the later ones over the earlier and over the file', () => {
  const inFile = { train: { epochs: 3, optimizer: { args: { lr: 1 } } } };
  const set = ['train.optimizer.args.lr=2', 'train.optimizer.args.momentum=0.9', 'train.epochs=4'];
  expect(changesOf(inFile, set)).toEqual({
    train: { epochs: 4, optimizer: { args: { lr: 2, momentum: 0.9 } } },
  });
});

test('a generator goes to the service as the file has it, and takes no --set', () => {
  const grid = { $grid: { train: { epochs: { $list: [1, 2] } } } };
  expect(changesOf(grid, [])).toBe(grid);
  expect(() => changesOf(grid, ['train.epochs=1'])).toThrow('put the change into the file');
  expect(() => changesOf([grid], ['train.epochs=1'])).toThrow('put the change into the file');
});

test('a knob called __proto__ is a knob like any other', () => {
  const changes = changesOf({}, ['a.__proto__.b=1', 'a.c=2']);
  expect(JSON.stringify(changes)).toBe('{"a":{"__proto__":{"b":1},"c":2}}');
  expect({}).not.toHaveProperty('b');
});
