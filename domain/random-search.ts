import type { Json } from './config.ts';
import type { ConfigSpace } from './config-space.ts';
import { drawValue, valueAt } from './config-values.ts';
import type { Random } from './random.ts';

/** Draws for each config wanted before they are taken to bring nothing new. */
const drawsEach = 20;

/** Spaces up to this size are counted out when draws bring nothing new; larger ones are not. */
const maxCounted = 20_000;

/** Whether a space is small enough that what `drawDistinct` leaves out does not exist. */
export const isCounted = ({ size }: ConfigSpace): boolean => size <= maxCounted;

/**
 * `count` values of a space in the order drawn, all distinct; fewer when no more came up. Of a small space
 * what the draws missed comes last, so that every value there is can be had.
 */
export const drawDistinct = (
  space: ConfigSpace,
  count: number,
  random: Random,
): readonly Json[] => {
  const drawn = new Map<string, Json>();
  const add = (value: Json): void => {
    const text = JSON.stringify(value);
    if (!drawn.has(text)) drawn.set(text, value);
  };
  const draws = isCounted(space) ? 2 * count : drawsEach * count;
  for (let draw = 0; draw < draws && drawn.size < count; draw++) add(drawValue(space, random));
  if (drawn.size < count && isCounted(space)) {
    for (const index of shuffled(space.size, random)) {
      if (drawn.size === count) break;
      add(valueAt(space, index));
    }
  }
  return [...drawn.values()];
};

/** The numbers from 0 to below `size` in random order (Fisher and Yates). */
const shuffled = (size: number, random: Random): readonly number[] => {
  const numbers = Array.from({ length: size }, (_, i) => i);
  for (let last = size - 1; last > 0; last--) {
    const other = random.int(0, last);
    [numbers[last], numbers[other]] = [numbers[other] ?? 0, numbers[last] ?? 0];
  }
  return numbers;
};
