import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandConfigGroup } from './config-group.ts';
import { DomainError, type Fault } from './domain-error.ts';

const config = (lr: unknown = 0.1, more: object = {}) => ({
  train: { epochs: 2, batch_size: 32, optimizer: { name: 'SGD', args: { lr } }, ...more },
});
const list = (...values: unknown[]) => ({ $list: values });
const range = (low: unknown, high: unknown, more: object = {}) => ({
  $range: { low, high, ...more },
});
const random = (of: unknown, numConfigs: unknown, seed?: number) => ({
  $random: { config: of, numConfigs, ...(seed !== undefined && { seed }) },
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
const pointers = (mlConfig: unknown) => faultsOf(mlConfig).map(({ pointer }) => pointer);
const rates = (mlConfig: unknown, seed = 42) =>
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the test's own
  expandConfigGroup(mlConfig, seed).configs.map((leaf: any) => leaf.train.optimizer.args.lr);

describe('what ml_config may be:', () => {
  test('a single config is one leaf', () => {
    expect(expandConfigGroup(config(), 42)).toEqual({ configs: [config()], halved: [] });
  });

  test('a grid is every combination, the knob declared last varying fastest', () => {
    const grid = { $grid: { ...config(list(1, 2)), user_knobs: { width: list('a', 'b') } } };
    const leaves = expandConfigGroup(grid, 42).configs;
    expect(leaves.map((leaf) => leaf['user_knobs'])).toEqual([
      { width: 'a' },
      { width: 'b' },
      { width: 'a' },
      { width: 'b' },
    ]);
    expect(rates(grid)).toEqual([1, 1, 2, 2]);
  });

  test('a list nests configs, generators and lists, expanded in declared order', () => {
    const group = [
      config(9),
      [{ $grid: config(list(1, 2)) }, [config(3)]],
      random(config(list(7)), 1),
    ];
    expect(rates(group)).toEqual([9, 1, 2, 3, 7]);
  });

  test('a whole optimizer may be a value of a List', () => {
    const optimizer = list(
      { name: 'SGD', args: { lr: 1 } },
      { name: 'Adam', args: { betas: [0.9, 0.9] } },
    );
    const grid = { $grid: { train: { epochs: 1, batch_size: 1, optimizer } } };
    expect(expandConfigGroup(grid, 42).configs).toHaveLength(2);
  });

  test('knobs inside a value of a List are tried with that value only', () => {
    const optimizer = list(
      { name: 'SGD', args: { lr: list(1, 2), momentum: list(0, 0.9) } },
      { name: 'Adam', args: { lr: 3 } },
    );
    const grid = { $grid: { train: { epochs: 1, batch_size: 1, optimizer } } };
    expect(rates(grid)).toEqual([1, 1, 2, 2, 3]);
  });

  test('a List in a List stands for its values one by one', () => {
    expect(rates({ $grid: config(list(1, list(2, 3), 4)) })).toEqual([1, 2, 3, 4]);
  });

  test('a Range may stand in a List that RandomSearch draws from', () => {
    const drawn = rates(random(config(list(10, range(0, 1, { dtype: 'float' }))), 3));
    expect(drawn.filter((lr) => lr < 1).length).toBeGreaterThanOrEqual(2);
  });
});

describe('RandomSearch', () => {
  test('draws the same leaves from the same seed, and others from another', () => {
    const wide = config(range(0, 0.5));
    expect(rates(random(wide, 5, 1))).toEqual(rates(random(wide, 5, 1), 7));
    expect(rates(random(wide, 5, 1))).not.toEqual(rates(random(wide, 5, 2)));
  });

  test('without a seed of its own draws from the fit’s seed and its place in the list', () => {
    const search = random(config(range(0, 0.5)), 3);
    expect(rates(search, 1)).toEqual(rates(search, 1));
    expect(rates(search, 1)).not.toEqual(rates(search, 2));
    const [a, b, c, ...others] = rates([search, search], 1);
    expect([a, b, c]).not.toEqual(others);
  });

  test('draws distinct leaves, down to every one there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(2 ** 32 - 1), (count, seed) => {
        const drawn = rates(random(config(range(1, 40)), count, seed));
        expect(new Set(drawn).size).toBe(count);
        expect(drawn.every((lr) => Number.isInteger(lr) && lr >= 1 && lr <= 40)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('a Range of integers gives integers and includes both ends', () => {
    expect(rates(random(config(range(1, 3)), 3)).toSorted()).toEqual([1, 2, 3]);
  });

  test('a Range told to be of floats gives floats even between whole numbers', () => {
    const drawn = rates(random(config(range(1, 2, { dtype: 'float' })), 20));
    expect(drawn.some((lr) => !Number.isInteger(lr))).toBe(true);
  });

  test('a logarithmic Range spreads over its decades', () => {
    const drawn = rates(random(config(range(1e-4, 1, { log: true })), 400, 3));
    const small = drawn.filter((lr) => lr < 1e-2).length;
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(1e-4);
    expect(small).toBeGreaterThan(150);
    expect(small).toBeLessThan(250);
  });

  test('asking for more than exist is refused', () => {
    expect(faultsOf(random(config(list(1, 2)), 3))).toEqual([
      {
        pointer: '/mlConfig/$random/numConfigs',
        detail: 'asks for 3 configs, but only 2 exist',
      },
    ]);
  });

  test('values listed twice are one, so that they cannot be drawn apart', () => {
    expect(pointers(random(config(list(1, 1)), 2))).toEqual(['/mlConfig/$random/numConfigs']);
  });
});

describe('refused with a pointer to the place:', () => {
  test.each<[string, unknown, string]>([
    ['no config at all', [], '/mlConfig'],
    ['nested lists with no config', [[], [[]]], '/mlConfig'],
    ['something that is no config', 'sgd', '/mlConfig'],
    ['nothing', undefined, '/mlConfig'],
    ['a List outside a generator', [config(list(1, 2))], '/mlConfig/0/train/optimizer/args/lr'],
    ['a Range outside a generator', config(range(0, 1)), '/mlConfig/train/optimizer/args/lr'],
    [
      'a Range inside GridSearch',
      { $grid: config(range(0, 1)) },
      '/mlConfig/$grid/train/optimizer/args/lr',
    ],
    ['an empty List', { $grid: config(list()) }, '/mlConfig/$grid/train/optimizer/args/lr/$list'],
    [
      'an empty List in a List',
      { $grid: config(list(1, list())) },
      '/mlConfig/$grid/train/optimizer/args/lr/$list/1/$list',
    ],
    [
      'a Range in a List inside GridSearch',
      { $grid: config(list(1, range(0, 1))) },
      '/mlConfig/$grid/train/optimizer/args/lr/$list/1',
    ],
    [
      'low above high',
      random(config(range(2, 1)), 1),
      '/mlConfig/$random/config/train/optimizer/args/lr/$range',
    ],
    [
      'a logarithmic Range from 0',
      random(config(range(0, 1, { log: true })), 1),
      '/mlConfig/$random/config/train/optimizer/args/lr/$range/low',
    ],
    [
      'a bound that is no number',
      random(config(range('a', 1)), 1),
      '/mlConfig/$random/config/train/optimizer/args/lr/$range/low',
    ],
    [
      'a misspelt part of a Range',
      random(config(range(0, 1, { step: 1 })), 1),
      '/mlConfig/$random/config/train/optimizer/args/lr/$range/step',
    ],
    ['no number of configs', random(config(), 0), '/mlConfig/$random/numConfigs'],
    ['a seed below 0', random(config(), 1, -1), '/mlConfig/$random/seed'],
    ['a seed of more than 32 bits', random(config(), 1, 2 ** 32), '/mlConfig/$random/seed'],
    ['an unknown generator', { $bayes: config() }, '/mlConfig'],
    ['a generator with company', { $grid: config(), x: 1 }, '/mlConfig'],
    [
      'a generator inside a config',
      { $grid: config({ $grid: {} }) },
      '/mlConfig/$grid/train/optimizer/args/lr',
    ],
  ])('%s', (_, mlConfig, pointer) => {
    expect(pointers(mlConfig)).toEqual([pointer]);
  });

  test('a wrong value of a List, where it stands in the list', () => {
    expect(pointers({ $grid: { train: { ...config().train, epochs: list(1, -1) } } })).toEqual([
      '/mlConfig/$grid/train/epochs/$list/1',
    ]);
  });

  test('more than 10,000 leaves, before they are made', () => {
    const knob = list(...Array.from({ length: 101 }, (_, i) => i));
    const grid = { $grid: { ...config(knob), user_knobs: { a: knob, b: knob, c: knob } } };
    expect(faultsOf(grid)[0]?.detail).toContain('expands to 104060401 configs');
  });

  test('one mistake that many leaves share is told once', () => {
    const knob = list(...Array.from({ length: 1000 }, (_, i) => i));
    expect(pointers({ $grid: config(knob, { epochs: 0 }) })).toEqual([
      '/mlConfig/$grid/train/epochs',
    ]);
  });

  test('every fault of every leaf is told at once', () => {
    const bad = [{ train: {} }, config(0.1, { precision: 'fp8' })];
    expect(pointers(bad)).toEqual([
      '/mlConfig/0/train/epochs',
      '/mlConfig/0/train/batch_size',
      '/mlConfig/0/train/optimizer',
      '/mlConfig/1/train/precision',
    ]);
  });

  test('nesting without end', () => {
    let deep: unknown = config();
    for (let i = 0; i < 1000; i++) deep = [deep];
    expect(faultsOf(deep)[0]?.detail).toContain('nested deeper');
    let knob: unknown = 1;
    for (let i = 0; i < 1000; i++) knob = { x: knob };
    expect(faultsOf({ ...config(), user_knobs: { knob } })[0]?.detail).toContain('nested deeper');
  });
});

test('a knob named __proto__ is a knob like any other', () => {
  const user_knobs = JSON.parse('{"__proto__": {"$list": [1, 2]}}');
  const leaves = expandConfigGroup({ $grid: { ...config(), user_knobs } }, 42).configs;
  expect(leaves.map((leaf) => JSON.stringify(leaf['user_knobs']))).toEqual([
    '{"__proto__":1}',
    '{"__proto__":2}',
  ]);
});

test('10,000 leaves expand', () => {
  const hundred = list(...Array.from({ length: 100 }, (_, i) => i + 1));
  const grid = { $grid: { ...config(hundred), user_knobs: { width: hundred } } };
  expect(expandConfigGroup(grid, 42).configs).toHaveLength(10_000);
});
