import { usageError } from './cli-error.ts';
import { parseYaml } from './yaml-file.ts';

/* What `--set train.optimizer.args.lr=0.001` and a file of changes come to: a JSON merge patch. */

type Patch = Readonly<Record<string, unknown>>;

/** The changes of a file with those of the command line over them. */
export const changesOf = (inFile: unknown, set: readonly string[]): unknown => {
  if (set.length === 0) return inFile;
  if (!isPatch(inFile) || Object.keys(inFile).some((name) => name.startsWith('$'))) {
    throw usageError('--set goes with a file of single values; put the change into the file');
  }
  return set.map(patchOf).reduce(merged, inFile);
};

/** `a.b=1` is `{"a": {"b": 1}}`; a dot within a name is written `\.`. */
export const patchOf = (text: string): Patch => {
  const [, path = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const names = path.split(/(?<!\\)\./).map((name) => name.replaceAll('\\.', '.').trim());
  if (names.includes('')) {
    throw usageError(`--set ${text}: write KNOB=VALUE, such as train.optimizer.args.lr=0.001`);
  }
  return nested(names, parseYaml(value, `--set ${path}`));
};

const nested = (names: readonly string[], value: unknown): Patch => {
  const [name = '', ...below] = names;
  return { [name]: below.length === 0 ? value : nested(below, value) };
};

const merged = (below: Patch, above: Patch): Patch => {
  const entries = Object.entries(above).map(([name, value]) => {
    const before = below[name];
    return [name, isPatch(before) && isPatch(value) ? merged(before, value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(entries) };
};

const isPatch = (value: unknown): value is Patch =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
