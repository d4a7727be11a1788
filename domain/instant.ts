/** A moment as ISO 8601 in UTC with milliseconds, so that comparing texts compares moments. */
export type Instant = string;

/** What tells the time; the domain never asks the machine itself. */
export interface Clock {
  now(): Instant;
}

/** The moment so many seconds after (or, negative, before) another. */
export const plusSeconds = (instant: Instant, seconds: number): Instant =>
  new Date(Date.parse(instant) + seconds * 1000).toISOString();

/** Whole and fractional seconds from one moment to a later one. */
export const secondsBetween = (from: Instant, to: Instant): number =>
  (Date.parse(to) - Date.parse(from)) / 1000;
