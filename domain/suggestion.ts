/** `; did you mean X?` when a known name is close to what was written, else nothing. */
export const suggestion = (written: string, known: readonly string[]): string => {
  const near = known
    .map((name) => ({ name, away: distance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, away }) => away <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.away - b.away)[0];
  return near ? `; did you mean ${near.name}?` : '';
};

/** No longer name is close to one that differs this much in length; so long texts cost nothing. */
const maxLengthApart = 4;

/** Levenshtein's distance. */
const distance = (a: string, b: string): number => {
  if (Math.abs(a.length - b.length) > maxLengthApart) return Number.POSITIVE_INFINITY;
  const first = Array.from({ length: b.length + 1 }, (_, j) => j);
  return [...a].reduce((row, letter, i) => nextRow(row, letter, b, i + 1), first).at(-1) ?? 0;
};

const nextRow = (row: readonly number[], letter: string, b: string, start: number): number[] => {
  const next = [start];
  for (const [j, other] of [...b].entries()) {
    const [above = 0, aboveRight = 0] = [row[j], row[j + 1]];
    next.push(Math.min(above + (letter === other ? 0 : 1), aboveRight + 1, (next[j] ?? 0) + 1));
  }
  return next;
};
