import { allOf } from '../../../../contract/client.ts';
import { listOperations } from '../../../../contract/operation-routes.ts';
import type { Family } from '../family.ts';
import { readOperation } from '../operations.ts';
import { positive } from '../options.ts';
import { operationColumns, operationFacts } from '../render/operation.ts';
import { table } from '../render/table.ts';

export const operations: Family = (program, session) => {
  const family = program
    .command('operations')
    .description('list the operations of the experiment: fits, tests, predictions, downloads, ends')
    .action(async () => {
      const { service, params } = await session.scope();
      const all = await allOf((cursor) =>
        service.call(listOperations, { params, query: { cursor, limit: '1000' } }),
      );
      session.answer(all, () =>
        all.length === 0
          ? 'No operations yet'
          : table(operationColumns, all, session.canvas()).join('\n'),
      );
    });
  family
    .command('show')
    .description('show one operation')
    .argument('<operation>', 'its number', positive)
    .action(async (number) => {
      const operation = await readOperation(await session.scope(), number);
      session.answer(operation, () => operationFacts(operation, session.canvas()).join('\n'));
    });
};
