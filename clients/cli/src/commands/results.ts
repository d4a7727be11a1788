import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { exportResults } from '../../../../contract/export-routes.ts';
import { usageError } from '../cli-error.ts';
import { download, fetchStored } from '../downloads.ts';
import type { Family } from '../family.ts';
import { positive } from '../options.ts';
import { csvOf, resultColumns } from '../render/results.ts';
import { table } from '../render/table.ts';
import { counted } from '../render/words.ts';
import type { Canvas, Scope, Session } from '../session.ts';
import { readResults } from '../watch-fit.ts';

const formats = ['table', 'csv', 'json', 'parquet'] as const;
type Format = (typeof formats)[number];

interface Wanted {
  readonly format: Format;
  /** A file, or else standard output. */
  readonly output: string | undefined;
  readonly runId: number | undefined;
}

export const results: Family = (program, session) => {
  program
    .command('results')
    .description('show the results of every finished epoch, by run and epoch')
    .addOption(new Option('--format <format>', 'how they are written').choices(formats))
    .option('--output <file>', 'write them there instead of to standard output')
    .option('--run <run>', 'only those of one run, also a deleted one', positive)
    .action(async ({ format, output, run }) => {
      const { options, terminal } = session;
      const file = output === undefined ? undefined : resolve(terminal.cwd, output);
      const wanted = { format: format ?? formatOf(options.json), output: file, runId: run };
      refuseBinary(session, wanted);
      const scope = await session.scope();
      if (wanted.format === 'parquet') await writeParquet(session, scope, wanted);
      else await writeText(session, scope, wanted);
    });
};

const formatOf = (isJson: boolean | undefined): Format => (isJson ? 'json' : 'table');

const refuseBinary = ({ terminal }: Session, { format, output, runId }: Wanted): void => {
  if (format !== 'parquet') return;
  if (runId !== undefined) throw usageError('Parquet files have all runs; leave --run out');
  if (output === undefined && terminal.out.isTTY) {
    throw usageError('a terminal cannot show Parquet; name a file with --output');
  }
};

/** The service writes it, with the columns of `get_results`. */
const writeParquet = async (
  session: Session,
  { service, params }: Scope,
  { output }: Wanted,
): Promise<void> => {
  const { body } = await service.repeat(exportResults, { params, body: { format: 'parquet' } });
  if (output === undefined) {
    for await (const piece of await fetchStored(body.url, session.interrupted)) {
      session.terminal.out.write(piece);
    }
    return;
  }
  await download(body.url, output, session.interrupted);
  tellWritten(session, output, body.rows);
};

const writeText = async (
  session: Session,
  scope: Scope,
  { format, output, runId }: Wanted,
): Promise<void> => {
  const rows = await readResults(scope, runId);
  const unlimited = { width: Number.POSITIVE_INFINITY, paint: (_: unknown, text: string) => text };
  const text = (canvas: Canvas): string => {
    if (format === 'json') return JSON.stringify(rows, undefined, 2);
    if (format === 'csv') return csvOf(rows);
    return rows.length === 0
      ? 'No results yet'
      : table(resultColumns(rows), rows, canvas).join('\n');
  };
  if (output === undefined) {
    session.terminal.out.write(`${text(session.canvas()).trimEnd()}\n`);
    return;
  }
  writeFileSync(output, `${text(unlimited).trimEnd()}\n`);
  tellWritten(session, output, rows.length);
};

const tellWritten = (session: Session, file: string, rows: number): void =>
  session.say(`${counted(rows, 'row')} written to ${file}`);
