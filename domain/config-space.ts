import type { Json, JsonObject } from './config.ts';
import { isArray, isObject } from './config.ts';
import type { FaultList } from './fault-list.ts';
import { jsonPointer } from './json-pointer.ts';
import type { Range } from './range.ts';
import { rangeSize, readRange } from './range.ts';
import { hidden, secretRule } from './secrets.ts';

/*
 * A config as its author wrote it, with every value it may take: `{"$list": [...]}` and
 * `{"$range": {"low", "high", "log", "dtype"}}` may stand anywhere in it, also inside one another's values.
 * It is checked as it stands here, so a fault has one place, however many leaves share it.
 */

/** Where something stands in the request. */
export interface Place {
  readonly pointer: string;
  readonly depth: number;
}

interface Extent {
  readonly pointer: string;
  /** As it was written. */
  readonly value: Json;
  /** Whether there is a set-valued knob in it. */
  readonly varies: boolean;
  /** How many values it may take, equal ones counted apart. */
  readonly size: number;
  /** Characters of the longest of its values as JSON. */
  readonly length: number;
}

type Members =
  | { readonly kind: 'scalar'; readonly value: null | boolean | number | string }
  | { readonly kind: 'array' | 'list'; readonly members: readonly ConfigSpace[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, ConfigSpace> }
  | { readonly kind: 'range'; readonly range: Range }
  /** Set aside; what stands here is its name. */
  | { readonly kind: 'secret' }
  /** Told of already; not looked at again. */
  | { readonly kind: 'broken' };

export type ConfigSpace = Extent & Members;

/** Which set-valued knobs may stand here: outside a generator none, in a grid lists; `never` where no generator helps. */
export type AllowedKnobs = 'never' | 'none' | 'lists' | 'all';

interface Reading {
  readonly faults: FaultList;
  readonly allowed: AllowedKnobs;
}

/** Deeper than any config goes; what is nested further is refused before it costs anything. */
const maxDepth = 32;

/** Longer names would make pointers longer than anyone reads. */
const maxNameLength = 256;

/** Characters that a `$range` stands for at most: a sign, 17 digits, a point and an exponent. */
const longestNumber = 25;

export const inside = (
  { pointer, depth }: Place,
  ...path: readonly (string | number)[]
): Place => ({
  pointer: pointer + jsonPointer(path),
  depth: depth + path.length,
});

/** Whether a place is too deep to be read; the fault is told. */
export const isTooDeep = ({ pointer, depth }: Place, faults: FaultList): boolean => {
  if (depth <= maxDepth) return false;
  faults.add(pointer, `is nested deeper than ${maxDepth}`);
  return true;
};

/** Reads a config; what is no knob and no JSON that can travel is told to `faults`. */
export const readConfigSpace = (value: Json, place: Place, reading: Reading): ConfigSpace => {
  if (isTooDeep(place, reading.faults)) return broken(value, place);
  if (isArray(value)) return readArray(value, place, reading);
  if (isObject(value)) return readObject(value, place, reading);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    reading.faults.add(place.pointer, 'is no finite number');
    return broken(value, place);
  }
  if (value === hidden) {
    reading.faults.add(
      place.pointer,
      'stands for a secret that is not shown; give its value again',
    );
    return broken(value, place);
  }
  const length = JSON.stringify(value).length;
  return { kind: 'scalar', value, pointer: place.pointer, varies: false, size: 1, length };
};

const broken = (value: Json, { pointer }: Place): ConfigSpace => ({
  kind: 'broken',
  value,
  pointer,
  varies: false,
  size: 1,
  length: 0,
});

const readArray = (value: readonly Json[], place: Place, reading: Reading): ConfigSpace => {
  const members = value.map((member, i) => readConfigSpace(member, inside(place, i), reading));
  return { kind: 'array', members, value, pointer: place.pointer, ...together(members, 0) };
};

const readObject = (value: JsonObject, place: Place, reading: Reading): ConfigSpace => {
  const names = Object.keys(value);
  const word = names.find((name) => name.startsWith('$'));
  if (word !== undefined) return readKnob(value, word, place, reading);
  if (names.some((name) => name.length > maxNameLength)) {
    reading.faults.add(place.pointer, `has a name of more than ${maxNameLength} characters`);
    return broken(value, place);
  }
  const members = new Map(
    Object.entries(value).map(([name, member]) => [
      name,
      readConfigSpace(member, inside(place, name), reading),
    ]),
  );
  const nameLength = names.reduce((sum, name) => sum + JSON.stringify(name).length + 1, 0);
  const extent = together([...members.values()], nameLength);
  return { kind: 'object', members, value, pointer: place.pointer, ...extent };
};

/** The extent of members that stand side by side: every value of one with every value of the others. */
const together = (members: readonly ConfigSpace[], nameLength: number) => ({
  varies: members.some(({ varies }) => varies),
  size: members.reduce((product, { size }) => product * size, 1),
  length: members.reduce((sum, { length }) => sum + length + 1, nameLength + 2),
});

const readSecret = (value: JsonObject, place: Place, { faults }: Reading): ConfigSpace => {
  if (Object.keys(value).length > 1)
    faults.add(place.pointer, '$secret must be the only member here');
  else if (typeof value['$secret'] !== 'string') faults.add(place.pointer, secretRule);
  else {
    const length = JSON.stringify(value).length;
    return { kind: 'secret', value, pointer: place.pointer, varies: false, size: 1, length };
  }
  return broken(value, place);
};

const readKnob = (value: JsonObject, word: string, place: Place, reading: Reading): ConfigSpace => {
  if (word === '$secret') return readSecret(value, place, reading);
  const refused = whyRefused(value, word, reading.allowed);
  if (refused !== undefined) {
    reading.faults.add(place.pointer, refused);
    return broken(value, place);
  }
  const content = value[word] ?? null;
  const at = inside(place, word);
  const wrong = (detail: string, ...path: string[]): ConfigSpace => {
    reading.faults.add(inside(at, ...path).pointer, detail);
    return broken(value, place);
  };
  if (word === '$range') {
    const range = readRange(content, (detail, member) =>
      wrong(detail, ...(member ? [member] : [])),
    );
    if (!range) return broken(value, place);
    const extent = { varies: true, size: rangeSize(range), length: longestNumber };
    return { kind: 'range', range, value, pointer: place.pointer, ...extent };
  }
  if (!isArray(content)) return wrong('must be an array of values');
  if (content.length === 0) return wrong('is empty; give at least one value');
  const members = content.map((member, i) => readConfigSpace(member, inside(at, i), reading));
  const size = members.reduce((sum, member) => sum + member.size, 0);
  const length = members.reduce((longest, member) => Math.max(longest, member.length), 0);
  return { kind: 'list', members, value, pointer: place.pointer, varies: true, size, length };
};

const whyRefused = (value: JsonObject, word: string, allowed: AllowedKnobs): string | undefined => {
  if (['$grid', '$random', '$sha'].includes(word)) {
    return `${word} makes configs; it cannot stand inside one`;
  }
  if (word !== '$list' && word !== '$range') {
    return 'names with $ are knobs, and there are only $list, $range and $secret';
  }
  if (Object.keys(value).length > 1) return `${word} must be the only member here`;
  if (allowed === 'never') return 'has several values; choose one';
  if (allowed === 'none') {
    return 'has several values; put the config into GridSearch or RandomSearch, or choose one';
  }
  if (allowed === 'lists' && word === '$range') {
    return 'GridSearch cannot try every value of a Range; use List, or RandomSearch';
  }
  return undefined;
};
