import { getOperation } from '../../../contract/operation-routes.ts';
import type { OperationResource } from '../../../contract/resources.ts';
import { CliError } from './cli-error.ts';
import { follow } from './follow.ts';
import { openLineScreen } from './line-screen.ts';
import type { Scope, Session } from './session.ts';

const active: Record<OperationResource['status'], boolean> = {
  pending: true,
  running: true,
  cancelling: true,
  completed: false,
  cancelled: false,
  failed: false,
};

export const isActive = ({ status }: Pick<OperationResource, 'status'>): boolean => active[status];

export const operationName = ({ kind, operation }: OperationResource): string =>
  `${kind[0]?.toUpperCase()}${kind.slice(1)} ${operation}`;

export const readOperation = async (
  { service, params }: Scope,
  operation: number,
): Promise<OperationResource> => {
  const call = { params: { ...params, operation: String(operation) } };
  return (await service.call(getOperation, call)).body;
};

/** An interrupt leaves an operation running; the words say so, and how to come back. */
export const whileRunning = async <T>(
  { interrupted }: Session,
  { operation, scope }: { readonly operation: OperationResource; readonly scope: Scope },
  wait: () => Promise<T>,
): Promise<T> => {
  try {
    return await wait();
  } catch (error) {
    if (!interrupted.aborted) throw error;
    throw new CliError(
      'interrupted',
      `${operationName(operation)} of experiment ${scope.params.experiment} goes on; ` +
        '`fanfold experiments attach` comes back to it, `fanfold cancel` cancels it',
      error,
    );
  }
};

/** A pipe or file is told at each tenth of the work. */
const steps = 10;

/** Waits for an operation without runs, and says how far it is. */
export const waitFor = async (
  session: Session,
  scope: Scope,
  operation: OperationResource,
  doing = operationName(operation),
): Promise<OperationResource> =>
  whileRunning(session, { operation, scope }, async () => {
    using screen = openLineScreen(session);
    return await follow({
      ask: () => readOperation(scope, operation.operation),
      isOver: (now) => !isActive(now),
      show: ({ progress }) => screen.show(`${doing} ...${shareText(progress)}`),
      interrupted: session.interrupted,
      say: screen.show,
    });
  });

const shareText = (progress: OperationResource['progress']): string =>
  progress === undefined || progress.of === 0
    ? ''
    : ` ${(100 * Math.floor((steps * progress.done) / progress.of)) / steps}%`;

/** Refuses what did not end well, with the reason and the user's own traceback. */
export const mustBeCompleted = (operation: OperationResource): void => {
  if (operation.status === 'completed') return;
  const why = operation.error === undefined ? '' : `: ${operation.error}`;
  const traceback = operation.traceback === undefined ? '' : `\n${operation.traceback.trimEnd()}`;
  throw new CliError(
    'unsuccessful',
    `${operationName(operation)} ${operation.status}${why}${traceback}`,
  );
};
