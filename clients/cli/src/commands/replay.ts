import { CliError } from '../cli-error.ts';
import type { Family } from '../family.ts';
import { collect, positive } from '../options.ts';
import { clientPython, runPython } from '../python.ts';

/** As the Python client's command ends; it answers with 1 for whatever else goes wrong, too. */
const refused = 2;

export const replay: Family = (program, session) => {
  program
    .command('replay')
    .description('train a run of saved artifacts again and compare; needs the Python client')
    .argument('<artifacts>', 'where the experiment was saved: a folder or an s3:// URI')
    .requiredOption('--run <run>', 'its ID', positive)
    .option('--name <name>', 'of the new experiment')
    .option(
      '--secret <place=variable>',
      'a secret and the variable that has it; may repeat',
      collect,
    )
    .action(async (artifacts, { run, name, secret = [] }) => {
      const python = await clientPython(session.terminal);
      const status = await runPython(session, python, [
        ...['-m', 'fanfold', 'replay', artifacts, '--run', String(run)],
        ...(name === undefined ? [] : ['--name', name]),
        ...secret.flatMap((one) => ['--secret', one]),
      ]);
      if (status === refused) throw new CliError('refused', 'the replay was refused');
      if (session.options.json) session.answer({ run, equal: status === 0 }, () => '');
      if (status !== 0) throw new CliError('unsuccessful', `run ${run} did not come out the same`);
    });
};
