import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInCheckout } from '../checkout.ts';
import type { Family } from '../family.ts';

export const deploy: Family = (program, session) => {
  program
    .command('deploy')
    .description('deploy Fanfold from the checkout to your AWS account (`cdk deploy --all`)')
    .argument(
      '[cdk_options...]',
      'such as -c maxWorkers=16; after -- if fanfold has that option too',
    )
    .allowUnknownOption()
    .action(async (words) => {
      const folder = mkdtempSync(join(tmpdir(), 'fanfold-deploy-'));
      const outputs = join(folder, 'outputs.json');
      try {
        const cdk = ['cdk', 'deploy', '--all', '--outputs-file', outputs, ...words];
        await runInCheckout(session, cdk);
        if (!session.options.json) return;
        session.answer(JSON.parse(readFileSync(outputs, 'utf8')), () => '');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
};
