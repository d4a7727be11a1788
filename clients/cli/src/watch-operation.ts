import type { OperationResource } from '../../../contract/resources.ts';
import { mustBeCompleted, operationName, waitFor } from './operations.ts';
import { operationFacts } from './render/operation.ts';
import type { Scope, Session } from './session.ts';
import { watchFit } from './watch-fit.ts';

/** Shows whatever is active until it is over, as the command that started it does. */
export const watchOperation = async (
  session: Session,
  scope: Scope,
  operation: OperationResource,
): Promise<void> => {
  if (operation.kind === 'fit') return watchFit(session, scope, operation);
  const ended = await waitFor(session, scope, operation, operationName(operation));
  session.answer({ experiment: scope.params.experiment, operation: ended }, () =>
    operationFacts(ended, session.canvas()).join('\n'),
  );
  mustBeCompleted(ended);
};
