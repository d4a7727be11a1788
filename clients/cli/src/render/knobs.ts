import type { RunResource } from '../../../../contract/resources.ts';
import { cut } from './width.ts';

/* The knobs that tell runs apart, as columns of their table. */

/** More columns than these do not fit beside the others, nor longer texts in them. */
const mostKnobs = 4;
const longestText = 32;

export interface KnobColumn {
  readonly name: string;
  readonly isNumber: boolean;
  readonly text: (run: RunResource) => string;
}

/** The knobs whose values differ between the runs, in the order of the configs. */
export const knobColumns = (runs: readonly RunResource[]): readonly KnobColumn[] => {
  const flat = new Map(runs.map(({ runId, config }) => [runId, new Map(leavesOf(config, []))]));
  const configs = [...flat.values()];
  const paths = [...new Set(configs.flatMap((config) => [...config.keys()]))];
  const varied = paths
    .filter((path) => new Set(configs.map((config) => shown(config.get(path)))).size > 1)
    .slice(0, mostKnobs);
  return varied.map((path) => ({
    name: nameOf(path, varied),
    isNumber: configs.every((config) => typeof config.get(path) === 'number'),
    text: ({ runId }) => shown(flat.get(runId)?.get(path)),
  }));
};

type Leaf = readonly [path: string, value: unknown];

const leavesOf = (value: unknown, path: readonly string[]): readonly Leaf[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]))
    : [[path.join('.'), value]];

/** The last word, unless another knob ends in it as well. */
const nameOf = (path: string, others: readonly string[]): string => {
  const last = lastOf(path);
  return others.filter((other) => lastOf(other) === last).length === 1 ? last : path;
};

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

const shown = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(Number(value.toPrecision(4)));
  return cut(typeof value === 'string' ? value : JSON.stringify(value), longestText);
};
