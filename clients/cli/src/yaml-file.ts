import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { usageError } from './cli-error.ts';

/** What a file says in YAML, of which JSON is a part. */
export const readYaml = (file: string): unknown => parseYaml(readText(file), file);

export const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw usageError(`${file} cannot be read (${why})`);
  }
};

/** YAML 1.2: `1e-3` is a number, `no` is a text. */
export const parseYaml = (text: string, source: string): unknown => {
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) throw usageError(`${source}: ${fault.message.trimEnd()}`);
  const value: unknown = document.toJS();
  refuseWhatJsonLacks(value, source);
  return value;
};

const refuseWhatJsonLacks = (value: unknown, place: string): void => {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw usageError(`${place}: ${value} cannot be sent; numbers must be finite`);
  }
  if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value))
      refuseWhatJsonLacks(inner, `${place}/${name}`);
  }
};
