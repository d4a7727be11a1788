import { cancelOperation } from '../../../../contract/operation-routes.ts';
import type { Family } from '../family.ts';
import { operationName, waitFor } from '../operations.ts';

export const cancel: Family = (program, session) => {
  program
    .command('cancel')
    .description('cancel whatever is active, and wait until its workers are gone')
    .option('--detach', 'do not wait')
    .action(async ({ detach }) => {
      const scope = await session.scope();
      const params = { ...scope.params, operation: 'current' } as const;
      const { body } = await scope.service.repeat(cancelOperation, { params });
      const { operation } = body;
      if (!body.cancelled || operation === undefined) {
        const text = `No operation of ${params.experiment} is active, so there is nothing to cancel`;
        return session.answer({ cancelled: false }, () => text);
      }
      const name = operationName(operation);
      const now = detach
        ? operation
        : await waitFor(session, scope, operation, `Cancelling ${name}`);
      session.answer({ cancelled: true, operation: now }, () => `${name} ${now.status}`);
    });
};
