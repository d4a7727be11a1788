import { DomainError } from '../domain/domain-error.ts';
import type { Page, PageRequest } from '../domain/ports.ts';

/** The place after which a list goes on, opaque to callers. */
const encodeCursor = (place: string): string => Buffer.from(place).toString('base64url');

/** The place a cursor stands for, in parts by the list's own pattern; anything else is refused. */
export const decodeCursor = (cursor: string, pattern: RegExp): readonly string[] => {
  const place = Buffer.from(cursor, 'base64url').toString();
  const parts = pattern.exec(place);
  if (!parts || encodeCursor(place) !== cursor) {
    throw new DomainError('invalid-request', 'this cursor is not one that this list gave', [
      { pointer: '/cursor', detail: 'malformed' },
    ]);
  }
  return parts.slice(1);
};

/** A page from one more item than its limit, which tells whether more follow. */
export const toPage = <T>(
  found: readonly T[],
  { limit, maxBytes }: Pick<PageRequest, 'limit' | 'maxBytes'>,
  placeOf: (item: T) => string,
): Page<T> => {
  const items = fitting(found.slice(0, limit), maxBytes);
  const last = items.at(-1);
  if (found.length <= items.length || last === undefined) return { items };
  return { items, nextCursor: encodeCursor(placeOf(last)) };
};

/** The first items that take no more bytes, but the very first in any case. */
const fitting = <T>(items: readonly T[], maxBytes = Number.POSITIVE_INFINITY): readonly T[] => {
  let bytes = 0;
  const over = items.findIndex((item) => {
    bytes += bytesInAnswer(item);
    return bytes > maxBytes;
  });
  return over < 0 ? items : items.slice(0, Math.max(1, over));
};

/** An answer is JSON whose body is a text of JSON again, so that quotes count twice. */
const bytesInAnswer = (item: unknown): number =>
  Buffer.byteLength(JSON.stringify(JSON.stringify(item)));
