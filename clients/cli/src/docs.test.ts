import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import { openSession } from './session.ts';

/* docs/cli.md tells of every command, and of none that there is not. */

const page = readFileSync(join(import.meta.dirname, '../../../docs/cli.md'), 'utf8');
const told = [...page.matchAll(/(?:`|^\$ (?:npx )?)(fanfold [^`|\n]*)/gm)].map(([, line = '']) =>
  line.trim(),
);

const terminal = { out: { write: () => true }, err: { write: () => true }, env: {}, cwd: '/' };
const program = buildProgram(terminal, (options) =>
  openSession({ terminal, options, interrupted: new AbortController().signal }),
);

type Command = CommandUnknownOpts;
const isShown = (command: Command): boolean => !command.name().startsWith('__');

/** Families that are commands as well. */
const answering = ['runs', 'operations'];

/** `fanfold runs show` and the like; a family that does nothing by itself is not among them. */
const leaves = (command: Command, path: readonly string[]): readonly string[] => {
  const below = command.commands
    .filter(isShown)
    .flatMap((one) => leaves(one, [...path, one.name()]));
  return path.length > 1 && below.length === 0 ? [path.join(' ')] : below;
};

test.each(leaves(program, ['fanfold']))('docs/cli.md has %s', (command) => {
  const words = told.map((line) => `${line} `);
  expect(words).toContainEqual(expect.stringMatching(new RegExp(`^${command} `)));
});

describe('docs/cli.md is right about', () => {
  test.each(told)('%s', (line) => {
    let command: Command = program;
    for (const word of line.split(/\s+/).slice(1)) {
      const options = [...command.options, ...program.options];
      if (word.startsWith('--')) {
        expect(['--help', ...options.map(({ long }) => long)]).toContain(word);
      } else {
        command = command.commands.find((one) => one.name() === word) ?? command;
      }
    }
    if (line.includes(' COMMAND')) return;
    const isWhole = command.commands.length === 0 || answering.includes(command.name());
    expect(isWhole, 'it names no command').toBe(true);
  });
});

test('every exit code is in the table, by its name but for 0', () => {
  for (const [name, code] of Object.entries(exitCodes)) {
    expect(page).toMatch(new RegExp(`^\\| ${code} +\\| ${name === 'ok' ? 'done' : name}`, 'm'));
  }
});
