import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../local/places.ts';

const chapters: Readonly<Record<string, readonly string[]>> = {
  Experiments: ['Experiment', 'FitPlan'],
  Data: ['DataHandle'],
  Configs: ['List', 'Range', 'GridSearch', 'RandomSearch', 'SHA', 'Secret'],
  'Where the service is': ['Connection'],
  'Saved runs': ['replay', 'Replay'],
};

const intro = `# Python reference

Made from the docstrings of \`fanfold\`.
`;

/** The page with every public name of the Python client; what is in no chapter is an exception. */
export const pythonReference = (): string => {
  const placed = new Set(Object.values(chapters).flat());
  const exceptions = publicNames().filter((name) => !placed.has(name));
  return [
    intro,
    ...Object.entries(chapters).map(([title, names]) => chapter(title, names)),
    chapter('Exceptions', exceptions),
  ].join('\n');
};

const chapter = (title: string, names: readonly string[]): string =>
  [`## ${title}`, ...names.map((name) => `::: fanfold.${name}`), ''].join('\n\n');

const publicNames = (): readonly string[] => {
  const source = readFileSync(join(repository, 'clients/python/src/fanfold/__init__.py'), 'utf8');
  const [, listed = ''] = /__all__ = \[(.*)\]/s.exec(source) ?? [];
  return [...listed.matchAll(/"(\w+)"/g)].map(([, name = '']) => name);
};
