import { join, resolve } from 'node:path';
import { runInCheckout } from '../checkout.ts';
import { readStackFile } from '../connection.ts';
import type { Family } from '../family.ts';
import { positive } from '../options.ts';

const folderText = 'where its state lies; .fanfold of the checkout if left out';

export const up: Family = (program, session) => {
  program
    .command('up')
    .description('start the embedded stack of the checkout, or find it running')
    .option('--folder <folder>', folderText)
    .option('--slots <number>', 'jobs that run at once', positive)
    .option('--max-workers <number>', 'workers that one fit may have at once', positive)
    .option('--gpus-per-worker <number>', 'processes that stand for the GPUs of a worker', positive)
    .action(async ({ folder, slots, maxWorkers, gpusPerWorker }) => {
      const place = folder && resolve(session.terminal.cwd, folder);
      const words = given({
        folder: place,
        slots,
        'max-workers': maxWorkers,
        'gpus-per-worker': gpusPerWorker,
      });
      const checkout = await runInCheckout(session, ['node', 'local/up.ts', ...words]);
      if (!session.options.json) return;
      const file = join(place ?? join(checkout, '.fanfold'), 'stack.json');
      const { url, workspace } = readStackFile(file);
      session.answer({ url, workspace, stackFile: file }, () => '');
    });
};

export const down: Family = (program, session) => {
  program
    .command('down')
    .description('stop the embedded stack of the checkout; its data stay')
    .option('--folder <folder>', folderText)
    .action(async ({ folder }) => {
      const words = given({ folder: folder && resolve(session.terminal.cwd, folder) });
      const checkout = await runInCheckout(session, ['node', 'local/down.ts', ...words]);
      if (session.options.json) session.answer({ checkout }, () => '');
    });
};

/** As options of the script in the checkout. */
const given = (options: Readonly<Record<string, string | number | undefined>>): readonly string[] =>
  Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
