/** The names an experiment may get, in order: the one asked for, then with `_1`, `_2` … appended. */
export function* candidateNames(requested: string): Generator<string, never> {
  yield requested;
  for (let suffix = 1; ; suffix++) yield `${requested}_${suffix}`;
}
