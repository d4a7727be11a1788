import { expect, test } from 'vitest';
import { stale } from './generate.ts';

test('every generated file is as the contract writes it now', () => {
  expect(stale(), 'run `npm run generate`').toEqual([]);
});
