import { resolve } from 'node:path';
import { cloneRun } from '../../../../contract/control-routes.ts';
import { changesOf } from '../changes.ts';
import { inRun } from '../control-run.ts';
import type { Family } from '../family.ts';
import { collect, idempotencyKey, positive } from '../options.ts';
import { keyOr } from '../session.ts';
import { readYaml } from '../yaml-file.ts';

export const clone: Family = (program, session) => {
  program
    .command('clone')
    .description('make runs of the active fit from a run with some knobs changed')
    .argument('<run>', 'the ID of the parent', positive)
    .option(
      '--set <knob=value>',
      'a knob by its path, such as train.optimizer.args.lr=0.001',
      collect,
    )
    .option('--file <file>', 'changes as YAML or JSON: a merge patch, also under $grid or $random')
    .option('--warm', 'start from the newest weights of the parent')
    .option('--epoch <number>', 'with --warm: from its weights after that epoch', positive)
    .addOption(idempotencyKey())
    .action(
      async (runId, { set = [], file, warm: warmStart = false, epoch, idempotencyKey: key }) => {
        const inFile = file === undefined ? {} : readYaml(resolve(session.terminal.cwd, file));
        const body = { changes: changesOf(inFile, set), warmStart, ...(epoch && { epoch }) };
        const { service, params } = await inRun(session, runId);
        const answer = await service.call(cloneRun, { params, body, ...keyOr(key) });
        const made = answer.body.runs.map((run) => run.runId);
        const how = warmStart ? 'warm' : 'cold';
        const runs = made.length === 1 ? `Run ${made[0]} is` : `Runs ${made.join(', ')} are`;
        const text = `${runs} made from run ${runId}, ${how}`;
        session.answer(answer.body, () => text);
      },
    );
};
