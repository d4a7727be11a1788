import type { Json } from './config.ts';
import { isObject } from './config.ts';
import type { Random } from './random.ts';

/** A knob's values from `low` to `high`; a range of integers includes both ends. */
export interface Range {
  readonly low: number;
  readonly high: number;
  /** Whether the logarithm of the value is uniform, instead of the value. */
  readonly log: boolean;
  readonly integer: boolean;
}

/** Integers further apart than this cannot be drawn evenly. */
const widestIntegers = 2 ** 47;

/** Is told what is not right, and in which member if it is one's alone. */
type Wrong = (detail: string, member?: string) => void;

/** Reads the content of `{"$range": …}`; tells `wrong` of what is not right. */
export const readRange = (content: Json, wrong: Wrong): Range | undefined => {
  if (!isObject(content)) {
    wrong('must have low and high');
    return undefined;
  }
  const { low = null, high = null, log = false, dtype = null, ...unknown } = content;
  for (const member of Object.keys(unknown)) wrong('is no part of a Range', member);
  const written = { low, high, log, dtype };
  if (!isWellWritten(written, wrong)) return undefined;
  const range = rangeOf(written);
  return hasValues(range, wrong) ? range : undefined;
};

interface Written {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** Without it, the ends say of what numbers the range is. */
  readonly dtype: 'int' | 'float' | null;
}

type Part = keyof Written;

const parts: Readonly<Record<Part, { is(value: Json): boolean; readonly rule: string }>> = {
  low: { is: Number.isFinite, rule: 'must be a finite number' },
  high: { is: Number.isFinite, rule: 'must be a finite number' },
  log: { is: (value) => typeof value === 'boolean', rule: 'must be true or false' },
  dtype: {
    is: (value) => value === null || value === 'int' || value === 'float',
    rule: 'must be "int" or "float"',
  },
};

const isWellWritten = (written: Readonly<Record<Part, Json>>, wrong: Wrong): written is Written => {
  const names: readonly Part[] = ['low', 'high', 'log', 'dtype'];
  const mistaken = names.filter((part) => !parts[part].is(written[part]));
  for (const part of mistaken) wrong(parts[part].rule, part);
  return mistaken.length === 0;
};

const rangeOf = ({ low, high, log, dtype }: Written): Range => {
  const whole = Number.isInteger(low) && Number.isInteger(high);
  return { low, high, log, integer: dtype === null ? whole : dtype === 'int' };
};

const hasValues = ({ low, high, log, integer }: Range, wrong: Wrong): boolean => {
  const whole = Number.isSafeInteger(low) && Number.isSafeInteger(high);
  if (low >= high) wrong('low must be below high');
  else if (log && low <= 0) wrong('must be above 0 in a logarithmic Range', 'low');
  else if (integer && !(whole && high - low < widestIntegers)) {
    wrong('a Range of integers needs whole ends less than 2^47 apart');
  } else return true;
  return false;
};

/** How many values a range has; infinite when they are not integers. */
export const rangeSize = ({ low, high, integer }: Range): number =>
  integer ? high - low + 1 : Number.POSITIVE_INFINITY;

/** One value of the range. */
export const drawFromRange = ({ low, high, log, integer }: Range, random: Random): number => {
  if (integer && !log) return random.int(low, high);
  const unit = random.unit();
  if (!log) return within(low * (1 - unit) + high * unit, low, high);
  const margin = integer ? 0.5 : 0;
  const [from, to] = [Math.log(low - margin), Math.log(high + margin)];
  const drawn = Math.exp(from + (to - from) * unit);
  return within(integer ? Math.round(drawn) : drawn, low, high);
};

/** Rounding may carry a value just past an end. */
const within = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);
