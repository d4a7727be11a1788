import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { explain } from './explain.ts';
import { buildProgram } from './program.ts';
import { harmless } from './render/width.ts';
import type { GlobalOptions, Session } from './session.ts';
import { openSession } from './session.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line; gives the exit code of the process. */
export const main = async (
  words: readonly string[],
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<number> => {
  let session: Session | undefined;
  const open = (options: () => GlobalOptions): Session => {
    session = openSession({ terminal, options, interrupted });
    return session;
  };
  try {
    await buildProgram(terminal, open).parseAsync([...words], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return tell(session, isInterrupt(error, interrupted) ? interrupt(error) : error);
  }
};

const isInterrupt = (error: unknown, { aborted }: AbortSignal): boolean =>
  aborted && !(error instanceof CliError && error.exit === 'interrupted');

const interrupt = (cause: unknown): CliError =>
  new CliError(
    'interrupted',
    'interrupted; `fanfold operations` says what had been started',
    cause,
  );

const tell = (session: Session | undefined, error: unknown): number => {
  const { exit, lines, document } = explain(error);
  if (exit !== 'ok' && session !== undefined) {
    const { paint } = session.canvas(session.terminal.err);
    // A sentence may quote anyone's code.
    const [first = '', ...rest] = lines.map(harmless);
    const text = lines.length === 0 ? [] : [`${paint('red', 'fanfold:')} ${first}`, ...rest];
    for (const line of text) session.say(line);
    if (session.options.json) session.say(JSON.stringify(document));
  }
  return exitCodes[exit];
};
