export type Unit =
  | 'times'
  | 'times faster'
  | 'of the makespan'
  | 'percent'
  | 'calls'
  | 'KB'
  | 'ms'
  | 's'
  | 'USD'
  | 'of the price';

/** A line of the table: what was measured beside what it should be. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  readonly target: { readonly atMost: number } | { readonly atLeast: number };
  /** The measurements behind the value. */
  readonly from: string;
  /** Where the rest goes; told only when the target is missed. */
  readonly why: string;
}

/** A table of its own below the one of figures. */
export interface Detail {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Measured {
  readonly figures: readonly Figure[];
  readonly details: readonly Detail[];
}

export const isMet = ({ value, target }: Figure): boolean =>
  'atMost' in target ? value <= target.atMost : value >= target.atLeast;

export const measuredText = ({ value, unit }: Figure): string => withUnit[unit](value);

export const targetText = ({ target, unit }: Figure): string =>
  'atMost' in target ? `≤ ${withUnit[unit](target.atMost)}` : `≥ ${withUnit[unit](target.atLeast)}`;

/** At most so many decimals. */
const decimals = (value: number, most: number): string => String(Number(value.toFixed(most)));

const withUnit: Readonly<Record<Unit, (value: number) => string>> = {
  times: (value) => `${decimals(value, 3)} ×`,
  'times faster': (value) => `${decimals(value, 1)} ×`,
  'of the makespan': (value) => decimals(value, 3),
  percent: (value) => `${decimals(value, 2)} %`,
  calls: (value) => decimals(value, 2),
  KB: (value) => `${decimals(value, 0)} KB`,
  ms: (value) => `${decimals(value, value < 1 ? 4 : 1)} ms`,
  s: (value) => `${decimals(value, 2)} s`,
  USD: (value) => `$${decimals(value, 4)}`,
  'of the price': (value) => `${decimals(100 * value, 2)} %`,
};
