import { Option } from '@commander-js/extra-typings';
import { logLevels } from '../../../../contract/log-line.ts';
import type { Family } from '../family.ts';
import { followLog, readLog } from '../log-lines.ts';
import { positive } from '../options.ts';
import { logText } from '../render/log-text.ts';

export const logs: Family = (program, session) => {
  program
    .command('logs')
    .description('show what runs and their workers said; with --json a line of JSON for each line')
    .argument('[run]', 'only this run', positive)
    .option('--operation <number>', 'only this operation', positive)
    .addOption(new Option('--level <level>', 'this level and above').choices(logLevels))
    .option('-f, --follow', 'and each line as it comes, until what says them is over')
    .action(async (runId, { operation, level, follow }) => {
      const scope = await session.scope();
      const wanted = { runId, operation, level };
      const lines = follow ? followLog(session, scope, wanted) : readLog(scope, wanted);
      for await (const line of lines) {
        session.line(line, () => logText(line, session.canvas()));
      }
    });
};
