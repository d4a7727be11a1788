import { describe, expect, test } from 'vitest';
import { cloneConfigs, longerBy, maxClones } from './clone.ts';
import type { Json } from './config.ts';

const parent = {
  train: {
    epochs: 3,
    batch_size: 16,
    optimizer: { name: 'SGD', args: { lr: 0.1, momentum: 0.9 } },
    max_grad_norm: 1,
  },
  user_knobs: { width: 8, layers: [1, 2], token: { $secret: 'set-0' } },
};

const clones = (changes: Json) => cloneConfigs(parent, changes, 42);
const refusal = (changes: Json) => {
  try {
    clones(changes);
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
};

describe('a clone’s config', () => {
  test('is its parent’s where nothing is changed, secrets included', () => {
    expect(clones({})).toEqual([parent]);
  });

  test('is changed knob by knob; a list replaces a list, and null takes a knob away', () => {
    const changes = {
      train: { max_grad_norm: null, optimizer: { args: { lr: 0.01 } } },
      user_knobs: { layers: [3], depth: 2 },
    };
    const { max_grad_norm: _, ...train } = parent.train;
    expect(clones(changes)).toEqual([
      {
        train: { ...train, optimizer: { name: 'SGD', args: { lr: 0.01, momentum: 0.9 } } },
        user_knobs: { ...parent.user_knobs, layers: [3], depth: 2 },
      },
    ]);
  });

  test('may vary under a generator, and beside others in a list', () => {
    const rates = { train: { optimizer: { args: { lr: { $list: [0.2, 0.3] } } } } };
    const widths = (changes: Json) =>
      clones(changes).map((config) => [
        (config['user_knobs'] as typeof parent.user_knobs).width,
        (config['train'] as typeof parent.train).optimizer.args.lr,
      ]);
    expect(widths([{ $grid: rates }, { user_knobs: { width: 9 } }])).toEqual([
      [8, 0.2],
      [8, 0.3],
      [9, 0.1],
    ]);
    const drawn = widths({ $random: { config: rates, numConfigs: 2, seed: 1 } });
    expect(drawn.toSorted()).toEqual([
      [8, 0.2],
      [8, 0.3],
    ]);
  });

  test('takes a set-valued knob in place of a part of its parent’s, whole', () => {
    const optimizer = { $list: [{ name: 'Adam', args: { lr: 1 } }, parent.train.optimizer] };
    const made = clones({ $grid: { train: { optimizer } } });
    expect(made.map(({ train }) => (train as typeof parent.train).optimizer)).toEqual(
      optimizer.$list,
    );
  });

  test('is checked like a new one, with pointers into what was changed', () => {
    const [unknown, list] = [{ rate: 1 }, { lr: { $list: [1, 2] } }];
    expect(refusal({ train: { optimizer: { args: unknown } } })).toMatchObject({
      refusal: 'invalid-config',
      faults: [{ pointer: '/changes/train/optimizer/args/rate' }],
    });
    expect(refusal({ train: { optimizer: { args: list } } })).toMatchObject({
      faults: [{ pointer: '/changes/train/optimizer/args/lr' }],
    });
    expect(refusal('fast')).toMatchObject({ faults: [{ pointer: '/changes' }] });
  });

  test('joins no SHA, and there are not more of them than one transaction takes', () => {
    const sha = { configGroup: parent, metric: 'val_loss', mode: 'min' };
    expect(refusal({ $sha: sha })).toMatchObject({ message: expect.stringContaining('no SHA') });
    const many = { user_knobs: { width: { $list: Array.from({ length: 41 }, (_, i) => i) } } };
    expect(refusal({ $grid: many })).toMatchObject({
      message: expect.stringContaining(`41 runs; at most ${maxClones}`),
    });
  });
});

describe('a longer config', () => {
  test('has more epochs and nothing else', () => {
    expect(longerBy(parent, 2)).toEqual({ ...parent, train: { ...parent.train, epochs: 5 } });
  });

  test('has no more epochs than results can tell of', () => {
    expect(() => longerBy(parent, 99_999)).toThrow(
      expect.objectContaining({ refusal: 'invalid-config' }),
    );
  });
});
