import { resumeRun } from '../../../../contract/control-routes.ts';
import { controlRun } from '../control-run.ts';
import type { Family } from '../family.ts';
import { idempotencyKey, positive } from '../options.ts';

export const resume: Family = (program, session) => {
  program
    .command('resume')
    .description('let a stopped run of the active fit go on exactly where it stopped')
    .argument('<run>', 'its ID', positive)
    .addOption(idempotencyKey())
    .action((runId, { idempotencyKey: key }) =>
      controlRun(session, { route: resumeRun, runId, key }),
    );
};
