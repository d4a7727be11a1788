import { stopRun } from '../../../../contract/control-routes.ts';
import { controlRun } from '../control-run.ts';
import type { Family } from '../family.ts';
import { idempotencyKey, positive } from '../options.ts';

export const stop: Family = (program, session) => {
  program
    .command('stop')
    .description(
      'stop a run with a checkpoint, from which it can be resumed while its fit is active',
    )
    .argument('<run>', 'its ID', positive)
    .addOption(idempotencyKey())
    .action((runId, { idempotencyKey: key }) =>
      controlRun(session, { route: stopRun, runId, key }),
    );
};
