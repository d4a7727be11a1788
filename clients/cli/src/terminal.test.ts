import { expect, test } from 'vitest';
import { hasColour, widthOf } from './terminal.ts';

const stream = (isTTY: boolean, columns = 80) => ({ write: () => true, isTTY, columns });

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('a terminal %s with %j has colours %s', (isTTY, env, expected) => {
  expect(hasColour(stream(isTTY), { env })).toBe(expected);
});

test('a terminal has its width, a pipe has room for all unless COLUMNS says otherwise', () => {
  expect(widthOf(stream(true), { env: { COLUMNS: '40' } })).toBe(80);
  expect(widthOf(stream(false), { env: {} })).toBe(Number.POSITIVE_INFINITY);
  expect(widthOf(stream(false), { env: { COLUMNS: '40' } })).toBe(40);
  expect(widthOf(stream(true, 3), { env: {} })).toBe(20);
});
