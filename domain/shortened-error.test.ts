import { expect, test } from 'vitest';
import { shortenedError } from './shortened-error.ts';

test('an error of usual length is kept as it was told', () => {
  const error = { message: 'it raised', traceback: 'Traceback\nit raised', errorType: 'x' };
  expect(shortenedError(error)).toEqual(error);
  expect(shortenedError({ message: 'it raised' })).toEqual({ message: 'it raised' });
});

test('of a long one the message’s start and the traceback’s end are kept', () => {
  const error = { message: `a${'\u{1F525}'.repeat(1e6)}`, traceback: `${'x'.repeat(1e6)} at last` };
  const { message, traceback } = shortenedError(error);
  expect(message).toMatch(/^a.* …$/u);
  expect(message.isWellFormed()).toBe(true);
  expect(traceback).toMatch(/^… x.* at last$/);
  expect(message.length + traceback.length).toBeLessThan(25_000);
});
