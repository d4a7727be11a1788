import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInCheckout } from '../checkout.ts';
import { findConnection } from '../connection.ts';
import type { Family } from '../family.ts';

export const up: Family = (program, session) => {
  program
    .command('up')
    .description('start the embedded stack of the checkout, or find it running')
    .argument('[options...]', 'of local/up.ts, such as --slots 4')
    .allowUnknownOption()
    .action(async (words) => {
      const checkout = await runInCheckout(session, ['node', 'local/up.ts', ...words]);
      if (!session.options.json) return;
      const { url, workspace, source } = findConnection({}, { env: {}, cwd: checkout });
      session.answer({ url, workspace, stackFile: source }, () => '');
    });
};

export const down: Family = (program, session) => {
  program
    .command('down')
    .description('stop the embedded stack of the checkout; its data stay')
    .action(async () => {
      const checkout = await runInCheckout(session, ['node', 'local/down.ts']);
      if (session.options.json) session.answer({ checkout }, () => '');
    });
};

export const deploy: Family = (program, session) => {
  program
    .command('deploy')
    .description('deploy Fanfold from the checkout to your AWS account (`cdk deploy --all`)')
    .argument(
      '[options...]',
      'of cdk deploy, such as -c maxWorkers=16; after -- those that are ours too',
    )
    .allowUnknownOption()
    .action(async (words) => {
      const folder = mkdtempSync(join(tmpdir(), 'fanfold-deploy-'));
      const outputs = join(folder, 'outputs.json');
      try {
        const cdk = ['cdk', 'deploy', '--all', '--outputs-file', outputs, ...words];
        await runInCheckout(session, cdk);
        if (session.options.json)
          session.answer(JSON.parse(readFileSync(outputs, 'utf8')), () => '');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
};
