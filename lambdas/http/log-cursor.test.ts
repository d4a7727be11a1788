import { expect, test } from 'vitest';
import { startOfLog } from '../../domain/log-place.ts';
import { logCursorOf, placeOfLogCursor } from './log-cursor.ts';

const settled = '01767225600000-0001-0002-1-17.jsonl';

test('a cursor stands for its place', () => {
  const place = { settled, heard: new Map([['1-2-1', 17]]) };
  expect(placeOfLogCursor(logCursorOf(place))).toEqual(place);
  expect(placeOfLogCursor(logCursorOf(startOfLog))).toEqual(startOfLog);
});

test('the cursor of a hundred workers fits a URL', () => {
  const heard = new Map(Array.from({ length: 128 }, (_, i) => [`123-${i}-12`, 1_234_567]));
  expect(logCursorOf({ settled, heard }).length).toBeLessThan(6_000);
});

test.each([
  '',
  'bm8',
  'WzFd',
  Buffer.from('["../../code/", []]').toString('base64url'),
  Buffer.from('["", [["a", 1]]]').toString('base64url'),
])('the forged cursor %s is refused', (cursor) => {
  expect(() => placeOfLogCursor(cursor)).toThrow('this cursor is not one that this list gave');
});
