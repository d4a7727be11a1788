import { expect, test } from 'vitest';
import { suggestion } from './suggestion.ts';

test('a near miss brings the name that was meant, whatever its case', () => {
  expect(suggestion('adamw', ['Adam', 'AdamW', 'SGD'])).toBe('; did you mean AdamW?');
  expect(suggestion('momentun', ['momentum', 'lr'])).toBe('; did you mean momentum?');
});

test('nothing is suggested for what is far from every name', () => {
  expect(suggestion('x'.repeat(1_000_000), ['SGD'])).toBe('');
  expect(suggestion('Lion', ['SGD', 'Adam'])).toBe('');
});
