import type { ConfigSpace } from './config-space.ts';
import type { FaultList } from './fault-list.ts';
import { jsonPointer } from './json-pointer.ts';
import { suggestion } from './suggestion.ts';

/*
 * Checks of a config space to build others from. A check looks at every value that may stand in its
 * place, whichever of them a leaf gets in the end.
 */

export type Check = (space: ConfigSpace, faults: FaultList) => void;

export type ObjectSpace = ConfigSpace & { readonly kind: 'object' };

export interface Member {
  readonly check: Check;
  readonly required: boolean;
}

export const required = (check: Check): Member => ({ check, required: true });

/** May be left out, or be `null`, which says the same. */
export const optional = (check: Check): Member => ({
  check: (space, faults) => {
    for (const value of valuesOf(space)) {
      if (value.kind !== 'scalar' || value.value !== null) check(value, faults);
    }
  },
  required: false,
});

/** What may stand in a place, the values of a `$list` one by one; not what was told of already. */
export const valuesOf = (space: ConfigSpace): readonly ConfigSpace[] => {
  if (space.kind === 'broken') return [];
  return space.kind === 'list' ? space.members.flatMap(valuesOf) : [space];
};

/** A check of each value by itself: what is wrong with it, or `undefined`. */
const each =
  (wrong: (value: ConfigSpace) => string | undefined): Check =>
  (space, faults) => {
    for (const value of valuesOf(space)) {
      const detail = wrong(value);
      if (detail !== undefined) faults.add(value.pointer, detail);
    }
  };

/** An object; what is right inside is `check`'s business. */
export const anObject =
  (check: (object: ObjectSpace, faults: FaultList) => void): Check =>
  (space, faults) => {
    for (const value of valuesOf(space)) {
      if (value.kind === 'object') check(value, faults);
      else faults.add(value.pointer, 'must be an object');
    }
  };

/** An object with these members and no others. */
export const objectOf = (known: Readonly<Record<string, Member>>): Check =>
  anObject(({ members, pointer }, faults) => {
    for (const { at, meant } of strangers(members, Object.keys(known))) {
      faults.add(at, `is not known here${meant}`);
    }
    for (const [name, member] of Object.entries(known)) {
      const given = members.get(name);
      if (given) member.check(given, faults);
      else if (member.required) faults.add(pointer + jsonPointer([name]), 'is missing');
    }
  });

/** The members whose names are none of `known`, each with what may have been meant by it. */
export const strangers = (
  members: ObjectSpace['members'],
  known: readonly string[],
): readonly { readonly at: string; readonly meant: string }[] =>
  [...members]
    .filter(([name]) => !known.includes(name))
    .map(([name, { pointer }]) => ({ at: pointer, meant: suggestion(name, known) }));

/** A whole number from 1 to `highest`, or any from 1. */
export const positiveInteger = (highest = Number.MAX_SAFE_INTEGER): Check =>
  each((value) => {
    const [low, high] = endsOf(value);
    const whole = value.kind === 'range' ? value.range.integer : Number.isSafeInteger(low);
    if (!(whole && low > 0)) return 'must be a positive whole number';
    return high > highest ? `must be at most ${highest}` : undefined;
  });

export const positiveNumber: Check = each((value) =>
  endsOf(value)[0] > 0 ? undefined : 'must be a positive number',
);

/** The lowest and the highest number that a value may be; not a number if it is none. */
const endsOf = (value: ConfigSpace): readonly [number, number] => {
  if (value.kind === 'range') return [value.range.low, value.range.high];
  const number = typeof value.value === 'number' ? value.value : Number.NaN;
  return [number, number];
};

export const oneOf = (...words: readonly string[]): Check =>
  each(({ value }) =>
    words.some((word) => word === value) ? undefined : `must be one of ${words.join(', ')}`,
  );

export const nameOrNames = (what: string): Check =>
  each((value) => {
    const named =
      value.kind === 'array'
        ? value.members.length > 0 && value.members.flatMap(valuesOf).every(isName)
        : isName(value);
    return named ? undefined : `must be ${what}, or a list of them`;
  });

const isName = ({ value }: ConfigSpace): boolean => typeof value === 'string' && value !== '';
