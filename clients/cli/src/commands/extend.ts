import { extendRun } from '../../../../contract/control-routes.ts';
import { controlLine, inRun } from '../control-run.ts';
import type { Family } from '../family.ts';
import { idempotencyKey, positive } from '../options.ts';
import { keyOr } from '../session.ts';

export const extend: Family = (program, session) => {
  program
    .command('extend')
    .description('let a completed run go on for some epochs more, as if asked for at first')
    .argument('<run>', 'its ID', positive)
    .requiredOption('--epochs <number>', 'how many more', positive)
    .addOption(idempotencyKey())
    .action(async (runId, { epochs, idempotencyKey: key }) => {
      const { service, params } = await inRun(session, runId);
      const call = { params, body: { epochs }, ...keyOr(key) };
      const { status, body } = await service.call(extendRun, call);
      session.answer(body, () => controlLine(status, body));
    });
};
