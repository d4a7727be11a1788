import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonPrograms, repository } from '../../local/places.ts';
import { csvRows, freshStack, removeStack, trainCsv, validationCsv } from './scene.ts';

/* A folder as a user of the CLI has one: code, data, a stack in `.fanfold`; and the CLI as a process. */

const program = join(repository, 'clients/cli/bin/fanfold.ts');

export interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  /** What it has said on standard error so far. */
  readonly err: () => string;
  readonly interrupt: () => void;
  readonly ended: Promise<Told>;
}

export const startProject = async (spec: 'line' | 'outputs' = 'line') => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-cli-'));
  const stack = await freshStack({ folder: join(folder, '.fanfold') });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('line.py', readFileSync(join(import.meta.dirname, `specs/${spec}.py`), 'utf8'));
  write('train.csv', trainCsv);
  write('validation.csv', validationCsv);
  write('test.csv', csvRows(17, 2000));
  write('predict.csv', csvRows(23, 3000).replaceAll(/,[^,\n]*(?=\n)/g, ''));

  const start = (...words: readonly string[]): Started => {
    const { FANFOLD_URL: _, FANFOLD_TOKEN: __, FANFOLD_WORKSPACE: ___, ...env } = process.env;
    const child = spawn(process.execPath, [program, ...words], {
      cwd: folder,
      env: { ...env, NO_COLOR: '1', PATH: `${pythonPrograms}:${env['PATH']}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const told = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told.err += text;
    });
    const ended = once(child, 'close').then(([code]) => ({ code: Number(code), ...told }));
    return { err: () => told.err, interrupt: () => child.kill('SIGINT'), ended };
  };

  const fanfold = (...words: readonly string[]): Promise<Told> => start(...words).ended;

  /** What a command answers as JSON; fails with what it said where it did not succeed. */
  const json = async (...words: readonly string[]) => {
    const { code, out, err } = await fanfold(...words, '--json');
    if (code !== 0) throw new Error(`fanfold ${words.join(' ')} ended with ${code}:\n${err}`);
    return JSON.parse(out);
  };

  const remove = async (): Promise<void> => {
    await removeStack(stack);
    rmSync(folder, { recursive: true });
  };
  return { folder, stack, write, start, fanfold, json, remove };
};

/** A fit file over the project's data. */
export const fitFile = (config: object, more: object = {}): string =>
  JSON.stringify({
    experiment: 'line',
    spec: 'line.py',
    epoch_checkpoints: true,
    data: { train: 'train.csv', validation: 'validation.csv' },
    config,
    ...more,
  });

/** The cells of a table, as far as they have no spaces in them. */
export const cells = (table: string): readonly (readonly string[])[] =>
  linesOf(table).map((line) => line.trim().split(/\s+/));

export const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n');

export const jsonLines = (text: string) => linesOf(text).map((line) => JSON.parse(line));
