import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProblemType, problemTexts, problemTypes } from '../contract/problem.ts';
import { routes } from '../contract/routes.ts';
import { repository } from '../local/places.ts';
import { routeLink } from './http-reference.ts';

const intro = `# Error catalogue

Every refusal is a JSON document of the type \`application/problem+json\` (RFC 9457). Its \`type\` ends with one of
the names below, its \`detail\` is one sentence that says what to do, and \`errors\` points at the places of the
request, if it is about places. A refused call has changed nothing. The Python client raises the class; each is a
\`fanfold.Problem\`.
`;

/** The page with every problem type, in the order of their names. */
export const errorCatalogue = (): string => {
  const classes = docstrings();
  return [intro, table(), ...[...problemTypes].sort().map((type) => section(type, classes))].join(
    '\n',
  );
};

const table = (): string => {
  const rows = [...problemTypes]
    .sort()
    .map(
      (type) =>
        `| [\`${type}\`](#${type}) | ${problemTexts[type].status} | ${problemTexts[type].title} |`,
    );
  return ['| Type | Status | Title |', '| --- | --- | --- |', ...rows, ''].join('\n');
};

const section = (type: ProblemType, classes: ReadonlyMap<string, string>): string => {
  const name = className(type);
  const meaning = classes.get(name);
  if (meaning === undefined) throw new Error(`errors.py has no class ${name} with a docstring`);
  const { status, title } = problemTexts[type];
  const answers = routes.filter(({ problems }) => problems.some((one) => one === type));
  return `## \`${type}\` { #${type} }

**${status} · ${title}.** ${meaning}

In Python: [\`fanfold.${name}\`](python.md#fanfold.${name}).${answeredBy(answers.map(routeLink))}
`;
};

const answeredBy = (links: readonly string[]): string =>
  links.length === 0 ? '' : ` Answered by ${links.join(', ')}.`;

const className = (type: ProblemType): string =>
  type
    .split('-')
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join('');

/** What each exception class of the Python client says of itself. */
const docstrings = (): ReadonlyMap<string, string> => {
  const source = readFileSync(join(repository, 'clients/python/src/fanfold/errors.py'), 'utf8');
  const classes = source.matchAll(/^class (\w+)\(.*\):.*\n {4}"""([^"]+?)"""$/gm);
  return new Map([...classes].map(([, name = '', text = '']) => [name, text]));
};
