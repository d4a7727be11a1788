import { DomainError } from '../domain/domain-error.ts';
import type { Page } from '../domain/ports.ts';

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
  limit: number,
  placeOf: (item: T) => string,
): Page<T> => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items };
  return { items, nextCursor: encodeCursor(placeOf(last)) };
};
