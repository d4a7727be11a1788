import { deleteRun as deleteRoute } from '../../../../contract/control-routes.ts';
import { controlRun } from '../control-run.ts';
import type { Family } from '../family.ts';
import { idempotencyKey, positive } from '../options.ts';

export const deleteRun: Family = (program, session) => {
  program
    .command('delete')
    .description('remove a run from runs and results; it can still be asked for by its ID')
    .argument('<run>', 'its ID', positive)
    .addOption(idempotencyKey())
    .action((runId, { idempotencyKey: key }) =>
      controlRun(session, { route: deleteRoute, runId, key }),
    );
};
