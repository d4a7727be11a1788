import { Command } from '@commander-js/extra-typings';
import { families } from './families.ts';
import type { GlobalOptions, Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { widthOf } from './terminal.ts';
import { version } from './version.ts';

/** The command line with all its commands; `open` is asked for the session that they share. */
export const buildProgram = (
  terminal: Terminal,
  open: (options: () => GlobalOptions) => Session,
): Command => {
  const program = new Command('fanfold')
    .description('Experiment operations for deep learning, from the terminal.')
    .version(version)
    .option('--json', 'answer in JSON; all else goes to standard error')
    .option('-e, --experiment <name>', 'the experiment; the alive one if left out')
    .option('-w, --workspace <name>', 'the workspace (FANFOLD_WORKSPACE)')
    .option('--url <url>', 'where the service is (FANFOLD_URL)')
    .option('--token <token>', 'the API token (FANFOLD_TOKEN, which no process list shows)')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false, minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => void terminal.err.write(text.replace(/^error: /, 'fanfold: ')),
      getOutHelpWidth: () => Math.min(widthOf(terminal.out, terminal), 100),
      getErrHelpWidth: () => Math.min(widthOf(terminal.err, terminal), 100),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('`fanfold COMMAND --help` says how it is used')
    .exitOverride();
  const session = open(() => program.opts());
  const plain: Command = program as unknown as Command;
  for (const family of families) family(plain, session);
  return plain;
};
