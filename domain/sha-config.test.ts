import { describe, expect, test } from 'vitest';
import { expandConfigGroup } from './config-group.ts';
import { DomainError, type Fault } from './domain-error.ts';

const config = (lr: unknown = 0.1, epochs: unknown = 9) => ({
  train: { epochs, batch_size: 32, optimizer: { name: 'SGD', args: { lr } } },
});
const list = (...values: unknown[]) => ({ $list: values });
const sha = (configGroup: unknown, more: object = {}) => ({
  $sha: { configGroup, metric: 'val_loss', mode: 'min', ...more },
});

const faultsOf = (mlConfig: unknown): readonly Fault[] => {
  try {
    expandConfigGroup(mlConfig, 42);
  } catch (error) {
    if (error instanceof DomainError && error.refusal === 'invalid-config') return error.faults;
    throw error;
  }
  return [];
};

const grid = { $grid: config(list(1, 2, 3)) };

describe('SHA', () => {
  test('halves every leaf of its group, by default to a third from the first epoch on', () => {
    const { configs, halved } = expandConfigGroup(sha(grid), 42);
    expect(configs).toEqual(expandConfigGroup(grid, 42).configs);
    expect(halved).toEqual([
      {
        metric: 'val_loss',
        mode: 'min',
        eta: 3,
        minEpochs: 1,
        maxEpochs: 9,
        firstIndex: 0,
        count: 3,
      },
    ]);
  });

  test('stands beside other configs and other SHAs, each halving its own', () => {
    const group = [
      config(),
      sha([grid, [config(4)]], { metric: 'val_f1', mode: 'max', eta: 2, minEpochs: 2 }),
      grid,
      [sha(grid, { maxEpochs: 9 })],
    ];
    const { configs, halved } = expandConfigGroup(group, 42);
    expect(configs).toHaveLength(11);
    expect(halved).toMatchObject([
      { firstIndex: 1, count: 4, metric: 'val_f1', mode: 'max', eta: 2, minEpochs: 2 },
      { firstIndex: 8, count: 3, metric: 'val_loss' },
    ]);
  });

  test('halves what a RandomSearch drew, as that draws it without SHA', () => {
    const search = {
      $random: { config: config({ $range: { low: 0, high: 0.5 } }), numConfigs: 4 },
    };
    expect(expandConfigGroup([sha(search)], 1).configs).toEqual(
      expandConfigGroup([search], 1).configs,
    );
  });

  test('takes epochs that are listed more than once if they are the same', () => {
    expect(faultsOf(sha([{ $grid: config(1, list(9, 9)) }, config()]))).toEqual([]);
  });

  test('with a first rung at the last epoch halves nothing, which is no fault', () => {
    expect(faultsOf(sha(grid, { minEpochs: 9 }))).toEqual([]);
  });
});

describe('a SHA is refused with a pointer to', () => {
  const at = '/mlConfig/$sha';

  test.each<[string, unknown, readonly [string, string]]>([
    ['no object', { $sha: grid.$grid.train.epochs }, [at, 'must have configGroup']],
    ['no group', sha(null), [`${at}/configGroup`, 'must be a config, a generator']],
    ['an empty group', sha([[]]), [`${at}/configGroup`, 'holds no config']],
    ['no metric', sha(grid, { metric: null }), [`${at}/metric`, 'is missing']],
    ['a training metric', sha(grid, { metric: 'train_loss' }), [`${at}/metric`, 'val_loss']],
    ['a bare label', sha(grid, { metric: 'f1' }), [`${at}/metric`, 'val_ and a metric’s label']],
    ['a metric that is no name', sha(grid, { metric: 1 }), [`${at}/metric`, 'must be']],
    ['no mode', sha(grid, { mode: null }), [`${at}/mode`, 'must be min or max']],
    ['an unknown mode', sha(grid, { mode: 'least' }), [`${at}/mode`, 'must be min or max']],
    ['eta below 2', sha(grid, { eta: 1 }), [`${at}/eta`, 'must be a whole number from 2']],
    ['a broken eta', sha(grid, { eta: 2.5 }), [`${at}/eta`, 'must be a whole number from 2']],
    ['no epochs', sha(grid, { minEpochs: 0 }), [`${at}/minEpochs`, 'must be a whole number']],
    ['a rung past the end', sha(grid, { minEpochs: 10 }), [`${at}/minEpochs`, 'train 9 epochs']],
    ['other epochs', sha(grid, { maxEpochs: 27 }), [`${at}/maxEpochs`, 'the configs train 9']],
    ['an unknown part', sha(grid, { factor: 3 }), [`${at}/factor`, 'is no part of a SHA']],
    ['a misspelt part', sha(grid, { minEpoch: 3 }), [`${at}/minEpoch`, 'did you mean minEpochs?']],
    [
      'a SHA inside',
      sha([grid, sha(grid)]),
      [`${at}/configGroup/1/$sha`, 'cannot stand inside another SHA'],
    ],
    [
      'unequal epochs',
      sha([config(), { $grid: config(1, list(9, 3)) }]),
      [`${at}/configGroup/1/$grid/train/epochs/$list/1`, 'must be 9, as in the other configs'],
    ],
    [
      'drawn epochs',
      sha({ $random: { config: config(1, { $range: { low: 1, high: 9 } }), numConfigs: 2 } }),
      [`${at}/configGroup/$random/config/train/epochs`, 'must be equal for all runs of a SHA'],
    ],
    [
      'a fault of a config inside',
      sha({ $grid: { ...config(), user_knobs: list() } }),
      [`${at}/configGroup/$grid/user_knobs/$list`, 'is empty'],
    ],
  ])('%s', (_, mlConfig, [pointer, detail]) => {
    expect(faultsOf(mlConfig)).toEqual([{ pointer, detail: expect.stringContaining(detail) }]);
  });

  test('what has company, and one that stands inside a config', () => {
    expect(faultsOf({ ...sha(grid), x: 1 })).toMatchObject([{ pointer: '/mlConfig' }]);
    expect(faultsOf({ $grid: config(sha(grid)) })[0]?.pointer).toBe(
      '/mlConfig/$grid/train/optimizer/args/lr',
    );
  });

  test('more SHAs than travel with one fit', () => {
    const many = Array.from({ length: 101 }, () => sha(grid));
    expect(faultsOf(many)).toMatchObject([{ pointer: '/mlConfig', detail: /holds 101 SHAs/ }]);
  });
});
