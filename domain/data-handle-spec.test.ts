import { describe, expect, test } from 'vitest';
import type { DataHandleSpec } from './data-handle.ts';
import { checkDataHandleSpec } from './data-handle-spec.ts';
import { DomainError } from './domain-error.ts';

const train = 's3://bucket/train.csv';
const good: DataHandleSpec = { locators: { train }, downloadColumns: [], fraction: 1, seed: 42 };

const refusal = (change: Partial<DataHandleSpec>): DomainError => {
  try {
    checkDataHandleSpec({ ...good, ...change });
  } catch (error) {
    if (error instanceof DomainError) return error;
  }
  throw new Error('not refused');
};

const pointers = (change: Partial<DataHandleSpec>): readonly string[] =>
  refusal(change).faults.map(({ pointer }) => pointer);

describe('a data handle is refused at once', () => {
  test.each([0, -0.1, 1.0001, Number.NaN])('with the fraction %d', (fraction) => {
    const { refusal: name, message, faults } = refusal({ fraction });
    expect(name).toBe('invalid-request');
    expect(message).toContain(`/fraction must be above 0 and at most 1, not ${fraction}`);
    expect(faults).toHaveLength(1);
  });

  test('without a partition', () => {
    expect(pointers({ locators: { misc: 's3://bucket/misc' } })).toEqual(['/locators']);
  });

  test('with a prefix in the place of a table', () => {
    const locators = { train, validation: 's3://bucket/validation/' };
    expect(pointers({ locators })).toEqual(['/locators/validation']);
  });

  test('with columns of objects that are the ids, or are named twice', () => {
    const locators = { train, objects: 's3://bucket/images' };
    const downloadColumns = ['image', 'id', 'image'];
    expect(pointers({ locators, downloadColumns })).toEqual([
      '/downloadColumns/1',
      '/downloadColumns/2',
    ]);
  });

  test('with columns of objects but no place of the objects, and told of every fault', () => {
    const locators = { train, test: train, testObjects: 's3://bucket/x', predict: train };
    expect(pointers({ locators, downloadColumns: ['image'], fraction: 2 })).toEqual([
      '/fraction',
      '/locators/trainObjects',
    ]);
  });
});

test.each<[string, Partial<DataHandleSpec>]>([
  ['a tiny fraction', { fraction: 1e-9 }],
  ['one prefix for all', { locators: { train, objects: train }, downloadColumns: ['image'] }],
  ['a prefix each', { locators: { train, trainObjects: train }, downloadColumns: ['image'] }],
])('a data handle with %s is not refused', (_, change) => {
  expect(() => checkDataHandleSpec({ ...good, ...change })).not.toThrow();
});
