import type { LogPart } from './storage-layout.ts';

/*
 * A log is written in parts by many workers at once. A part is named after the moment its sync arrived and
 * turns up a little later, so that a reader may see a later part first. It therefore reads the newest
 * stretch again each time, and tells what it has heard by the workers: the parts of one attempt turn up in
 * the order of their sequence, and one that was sent twice has its sequence twice.
 */

/** Where a reader of a log stands. */
export interface LogPlace {
  /** The name of a part: no part before it is still to turn up. */
  readonly settled: string;
  /** By attempt, the sequence of the last part heard; the one heard last stands last. */
  readonly heard: ReadonlyMap<string, number>;
}

export const startOfLog: LogPlace = { settled: '', heard: new Map() };

/** A function works on a sync for 20 seconds at most; the rest is for clocks that differ. */
export const unsettledMs = 60_000;

/** More attempts than speak within a minute: an operation has at most 100 workers. */
const mostHeard = 128;

const attemptOf = ({ operation, worker, lease }: LogPart): string =>
  `${operation}-${worker}-${lease}`;

/** Whether a part was not heard yet. */
export const isNews = ({ heard }: LogPlace, part: LogPart): boolean =>
  part.sequence > (heard.get(attemptOf(part)) ?? 0);

/** The place after the next part in the order of names, at a moment in milliseconds. */
export const placeAfter = (
  { settled, heard }: LogPlace,
  part: LogPart,
  nowMs: number,
): LogPlace => ({
  settled: part.arrivedMs < nowMs - unsettledMs ? part.name : settled,
  heard: isNews({ settled, heard }, part) ? withHeard(heard, part) : heard,
});

const withHeard = (heard: LogPlace['heard'], part: LogPart): LogPlace['heard'] => {
  const attempt = attemptOf(part);
  const others = [...heard].filter(([other]) => other !== attempt);
  return new Map([...others.slice(1 - mostHeard), [attempt, part.sequence]]);
};
