import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../local/places.ts';
import { fieldTable, type Schema, typeText } from './schema-table.ts';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: readonly unknown[];
  readonly 'x-fanfold-role'?: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly description: string }>>;
}

/** What a path is about: the first that fits. */
const chapters: readonly (readonly [title: string, path: RegExp])[] = [
  ['Experiments', /\/experiments(\/{experiment}(\/end)?)?$/],
  ['Data', /data-handles|uploads/],
  ['Operations', /\/(fits|tests|predictions|operations.*)$/],
  ['Steering runs', /{runId}\/|control-log$/],
  ['Results, runs and logs', /\/(results|runs|logs)/],
  ['Schedules', /\/schedules/],
  ['Tokens and audit', /\/(tokens|audit)/],
  ['Workers', /\/worker\//],
  ['The service', /\/(health|openapi.json)$/],
];

const intro = `# HTTP reference

Made from the service's OpenAPI document, which \`GET /v1/openapi.json\` answers. Every call but those of
[the service](#the-service) takes \`Authorization: Bearer TOKEN\`; bodies are JSON. Lists answer \`items\` and, where there
are more, a \`nextCursor\` for the parameter \`cursor\`. A changing call may be repeated with its \`Idempotency-Key\`. All
refusals are in the [error catalogue](errors.md).
`;

/** The page with every route. */
export const httpReference = (): string => {
  const document = readFileSync(join(repository, 'contract/openapi.json'), 'utf8');
  const paths: Record<string, Record<string, Operation>> = JSON.parse(document).paths;
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      chapter: chapterOf(path),
      text: section(`${method.toUpperCase()} ${path}`, operation),
    })),
  );
  const written = chapters.map(([title]) => {
    const sections = rows.filter(({ chapter }) => chapter === title).map(({ text }) => text);
    return `## ${title}\n\n${sections.join('\n')}`;
  });
  return [intro, ...written].join('\n');
};

/** A link to a route from a page beside this one. */
export const routeLink = ({ name, summary }: { name: string; summary: string }): string =>
  `[\`${name}\`](http.md#${name} "${summary}")`;

const chapterOf = (path: string): string => {
  const found = chapters.find(([, about]) => about.test(path));
  if (found === undefined) throw new Error(`no chapter of the HTTP reference is about ${path}`);
  return found[0];
};

const section = (call: string, operation: Operation): string =>
  [
    `### ${operation.operationId} { #${operation.operationId} }`,
    `\`\`\`http\n${call}\n\`\`\``,
    `${operation.summary}. ${caller(operation)}`,
    parameters(operation),
    body(operation),
    answers(operation),
    '',
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');

const caller = ({ security, 'x-fanfold-role': role }: Operation): string => {
  if (security?.length === 0) return 'Anyone may ask.';
  return role === undefined ? 'Workers only.' : `Takes the role \`${role}\` or more.`;
};

/** Those of the path stand in it. */
const parameters = ({ parameters }: Operation): string | undefined => {
  const rows = parameters
    .filter((one) => one.in !== 'path')
    .map(
      ({ name, in: place, required, schema }) =>
        `| \`${name}\` | ${place} | ${typeText(schema)} | ${required ? 'yes' : ''} |`,
    );
  if (rows.length === 0) return undefined;
  return ['| Parameter | In | Type | Required |', '| --- | --- | --- | --- |', ...rows].join('\n');
};

const body = ({ requestBody }: Operation): string | undefined => {
  const schema = requestBody?.content?.['application/json']?.schema;
  return schema && `**Body**\n\n${fieldTable(schema, 'Required')}`;
};

/** Successes with their fields, folded away; refusals in a table. */
const answers = ({ responses }: Operation): string => {
  const all = Object.entries(responses);
  const successes = all
    .filter(([status]) => status < '300')
    .map(([status, { description, content }]) => {
      const schema = content?.['application/json']?.schema;
      return folded(
        `${status}: ${description}`,
        schema ? fieldTable(schema, 'Always') : 'No fields.',
      );
    });
  const refusals = all
    .filter(([status]) => status >= '300')
    .map(([status, { description }]) => `| ${status} | ${linked(description)} |`);
  const table = ['| Status | Refusal |', '| --- | --- |', ...refusals].join('\n');
  return [...successes, folded('Refusals', table, 'warning')].join('\n\n');
};

const folded = (title: string, text: string, kind = 'success'): string =>
  `??? ${kind} "${title.replaceAll('"', '’')}"\n\n${text.replace(/^(?=.)/gm, '    ')}`;

const linked = (description: string): string =>
  description.replace(/`([a-z-]+)`: /g, '[`$1`](errors.md#$1): ');
