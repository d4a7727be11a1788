import { expect, test } from 'vitest';
import { jsonPointer } from './json-pointer.ts';

test('a pointer escapes what RFC 6901 says, the tilde first', () => {
  expect(jsonPointer(['a/b', 0, 'm~n', '~1', ''])).toBe('/a~1b/0/m~0n/~01/');
  expect(jsonPointer([])).toBe('');
});
