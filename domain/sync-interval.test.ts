import { describe, expect, it } from 'vitest';
import { isLookWorthNoting, syncIntervalSeconds } from './sync-interval.ts';

const now = '2026-05-01T12:00:00.000Z';
const ago = (seconds: number) => new Date(Date.parse(now) - seconds * 1000).toISOString();

describe('a worker syncs', () => {
  const settled = { sequence: 61 };

  it.each([
    ['each second in the first minute of an attempt', { sequence: 60 }, {}, 1],
    ['seldom after it, when nobody has ever looked', settled, {}, 15],
    ['each second while somebody looks', settled, { watchedAt: ago(29) }, 1],
    ['seldom when nobody has looked for half a minute', settled, { watchedAt: ago(30) }, 15],
    ['each second while it holds a GPU without work', { ...settled, idleSince: ago(300) }, {}, 1],
  ])('%s', (_, worker, operation, seconds) => {
    expect(syncIntervalSeconds(worker, operation, now)).toBe(seconds);
  });
});

describe('a look is noted', () => {
  it.each([
    ['the first time', 'running', undefined, true],
    ['not again within ten seconds', 'running', ago(9.9), false],
    ['again after them', 'cancelling', ago(10), true],
    ['not at an operation that is over', 'completed', undefined, false],
  ] as const)('%s', (_, status, watchedAt, noted) => {
    expect(isLookWorthNoting({ status, watchedAt }, now)).toBe(noted);
  });
});

it('keeps the note of who asks each five seconds younger than what counts as looking', () => {
  for (let noteAge = 0; noteAge <= 60; noteAge += 5) {
    const operation = { status: 'running', watchedAt: ago(noteAge) } as const;
    if (isLookWorthNoting(operation, now)) {
      expect(noteAge).toBe(10);
      expect(syncIntervalSeconds({ sequence: 1000 }, operation, now)).toBe(1);
      return;
    }
  }
  throw new Error('no look is ever noted');
});
