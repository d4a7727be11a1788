import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type * as z from 'zod/mini';
import { exportAudit, listAudit } from '../../../../contract/access-routes.ts';
import { allOf } from '../../../../contract/client.ts';
import { exportFormats } from '../../../../contract/export-routes.ts';
import { usageError } from '../cli-error.ts';
import { download } from '../downloads.ts';
import type { Family } from '../family.ts';
import type { Column } from '../render/table.ts';
import { table } from '../render/table.ts';
import { counted, moment } from '../render/words.ts';

type Entry = z.infer<typeof listAudit.answer>['items'][number];

export const audit: Family = (program, session) => {
  program
    .command('audit')
    .description('show who did what when, and what was refused for want of a right, as an admin')
    .option('--everything', 'what was done above the workspaces, such as making tokens', false)
    .option('--from <moment>', 'a date, or date and time as ISO 8601', instant)
    .option('--to <moment>', 'likewise; included', instant)
    .addOption(new Option('--format <format>', 'write a file').choices(exportFormats))
    .option('--output <file>', 'where to')
    .action(async ({ everything, from, to, format, output }) => {
      const { call, repeat, connection } = session.service();
      const range = { workspace: everything ? '*' : connection.workspace, from, to };
      if (format !== undefined) {
        if (output === undefined) throw usageError('name the file with --output');
        const { body } = await repeat(exportAudit, { body: { ...range, format } });
        await download(body.url, resolve(session.terminal.cwd, output), session.interrupted);
        session.say(`${counted(body.rows, 'row')} written to ${output}`);
        return;
      }
      const all = await allOf((cursor) => call(listAudit, { query: { ...range, cursor } }));
      session.answer(all, () =>
        all.length === 0 ? 'Nothing was done' : table(columns, all, session.canvas()).join('\n'),
      );
    });
};

const instant = (text: string): string => {
  const parsed = new Date(text);
  if (!Number.isNaN(parsed.getTime())) return parsed.toISOString();
  throw new InvalidArgumentError('It must be a date such as 2026-11-24, or 2026-11-24T06:00Z.');
};

/** What an entry is about: its path without what all have in common. */
const about = ({ target, made }: Entry): string =>
  [target.replace(/^\/v1\/(workspaces\/[^/]+\/)?/, ''), made].filter(Boolean).join(' → ');

const columns: readonly Column<Entry>[] = [
  { title: 'when', text: ({ at }) => moment(at) },
  { title: 'who', text: ({ by }) => by, least: 8 },
  { title: 'what', text: ({ op }) => op },
  {
    title: 'outcome',
    text: ({ status, problem }) => problem ?? String(status),
    style: ({ problem }) => (problem === undefined ? 'green' : 'red'),
  },
  { title: 'about', text: about, least: 16, rank: 1 },
  { title: 'token', text: ({ tokenId }) => tokenId, rank: 2 },
];
