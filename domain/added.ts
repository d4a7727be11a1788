/** Adds two of what may be missing: one alone is the sum. */
export const added =
  <T>(add: (one: T, other: T) => T) =>
  (one: T | undefined, other: T | undefined): T | undefined =>
    one && other ? add(one, other) : (one ?? other);
