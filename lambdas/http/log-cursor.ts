import * as z from 'zod/mini';
import { DomainError } from '../../domain/domain-error.ts';
import type { LogPlace } from '../../domain/log-place.ts';

const written = z.tuple([
  z.string().check(z.regex(/^(\d{14}[\w.-]{0,60})?$/)),
  z.array(z.tuple([z.string().check(z.regex(/^\d+-\d+-\d+$/)), z.int()])),
]);

/** A place in a log, opaque to callers. */
export const logCursorOf = ({ settled, heard }: LogPlace): string =>
  Buffer.from(JSON.stringify([settled, [...heard]])).toString('base64url');

/** The place that a cursor stands for; anything else is refused. */
export const placeOfLogCursor = (cursor: string): LogPlace => {
  const parsed = z.safeParse(written, parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) {
    throw new DomainError('invalid-request', 'this cursor is not one that this list gave', [
      { pointer: '/cursor', detail: 'malformed' },
    ]);
  }
  const [settled, heard] = parsed.data;
  return { settled, heard: new Map(heard) };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
