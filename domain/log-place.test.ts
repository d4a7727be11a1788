import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogPlace } from './log-place.ts';
import { isNews, placeAfter, startOfLog, unsettledMs } from './log-place.ts';
import type { LogPart } from './storage-layout.ts';
import { logKey, logNameFrom, logPartOf } from './storage-layout.ts';

const key = { workspace: 'default', experiment: 'e', operation: 1 };
const startMs = Date.parse('2026-01-01T00:00:00.000Z');

interface Written {
  readonly part: LogPart;
  /** When it can be seen, which is up to 20 seconds after its sync arrived. */
  readonly seenMs: number;
}

/** What a worker writes: a sync is sent when the one before was answered. One may be written twice. */
const attempt = (worker: number, lease: number) =>
  fc
    .array(fc.record({ pauseMs: fc.nat(3_000), delayMs: fc.nat(20_000), twice: fc.boolean() }), {
      maxLength: 12,
    })
    .map((syncs) => {
      let clockMs = startMs;
      return syncs.flatMap(({ pauseMs, delayMs, twice }, i): Written[] => {
        const write = (): Written => {
          const arrivedMs = clockMs + pauseMs;
          clockMs = arrivedMs + delayMs;
          const at = new Date(arrivedMs).toISOString();
          const part = logPartOf(logKey({ ...key, worker }, { at, lease, sequence: i + 1 }));
          return { part, seenMs: clockMs };
        };
        return twice ? [write(), write()] : [write()];
      });
    });

const byName = (a: Written, b: Written): number => (a.part.name < b.part.name ? -1 : 1);

/** The parts a reader tells at a moment, at most so many, and where it stands then. */
const read = (written: readonly Written[], start: LogPlace, nowMs: number, most: number) => {
  const told: LogPart[] = [];
  let place = start;
  const listed = written.filter(({ part, seenMs }) => seenMs <= nowMs && part.name > start.settled);
  for (const { part } of listed.toSorted(byName)) {
    if (isNews(place, part)) {
      if (told.length === most) break;
      told.push(part);
    }
    place = placeAfter(place, part, nowMs);
  }
  return { told, place };
};

const nameOf = ({ worker, lease, sequence }: LogPart): string => `${worker}-${lease}-${sequence}`;

test('whoever follows a log is told every part once, however late and in whatever order they turn up', () => {
  const workers = fc.tuple(attempt(1, 1), attempt(2, 1), attempt(3, 1), attempt(3, 2));
  const polls = fc.array(fc.nat(15_000), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(workers, polls, fc.integer({ min: 1, max: 9 }), (attempts, pauses, most) => {
      const written = attempts.flat();
      const told: LogPart[] = [];
      let place = startOfLog;
      let nowMs = startMs;
      for (const pause of pauses) {
        nowMs += pause;
        const page = read(written, place, nowMs, most);
        told.push(...page.told);
        place = page.place;
      }
      for (;;) {
        const page = read(written, place, startMs + 10 * unsettledMs, most);
        if (page.told.length === 0) break;
        told.push(...page.told);
        place = page.place;
      }
      expect(told.map(nameOf).sort()).toEqual(
        [...new Set(written.map(({ part }) => nameOf(part)))].sort(),
      );
    }),
  );
});

test('what is long past is not listed again', () => {
  const part = (at: string, sequence: number) =>
    logPartOf(logKey({ ...key, worker: 1 }, { at, lease: 1, sequence }));
  const old = part('2026-01-01T00:00:00.000Z', 1);
  const fresh = part('2026-01-01T00:02:00.000Z', 2);
  const nowMs = Date.parse('2026-01-01T00:02:01.000Z');
  const place = placeAfter(placeAfter(startOfLog, old, nowMs), fresh, nowMs);
  expect(place.settled).toBe(old.name);
  expect([...place.heard]).toEqual([['1-1-1', 2]]);
});

test('a reader remembers no more attempts than may speak at once', () => {
  let place = startOfLog;
  for (let worker = 1; worker <= 300; worker++) {
    const at = new Date(startMs + worker).toISOString();
    const part = logPartOf(logKey({ ...key, worker }, { at, lease: 1, sequence: 1 }));
    place = placeAfter(place, part, startMs);
  }
  expect(place.heard.size).toBe(128);
  expect([...place.heard.keys()].at(-1)).toBe('1-300-1');
});

test('a log may be read from a moment on', () => {
  const at = '2026-01-01T00:00:10.000Z';
  const part = (of: string) =>
    logPartOf(logKey({ ...key, worker: 1 }, { at: of, lease: 1, sequence: 1 })).name;
  expect(part(at) > logNameFrom(at, 0)).toBe(true);
  expect(part('2026-01-01T00:00:09.999Z') > logNameFrom(at, 0)).toBe(false);
  expect(part('2026-01-01T00:00:09.000Z') > logNameFrom(at, 1_000)).toBe(true);
});
