import { allOf } from '../../../contract/client.ts';
import { listResults, listRuns } from '../../../contract/operation-routes.ts';
import type {
  OperationResource,
  ResultResource,
  RunResource,
} from '../../../contract/resources.ts';
import { CliError } from './cli-error.ts';
import { openFitScreen } from './fit-screen.ts';
import { follow } from './follow.ts';
import { isActive, mustBeCompleted, readOperation, whileRunning } from './operations.ts';
import type { FitView } from './render/fit-view.ts';
import { fitLines, interesting } from './render/fit-view.ts';
import type { Scope, Session } from './session.ts';

/** Runs whose results are read anew at one time; the others come up at the next. */
const resultsAtOnce = 20;

/** Runs and results of one page; the service gives fewer when they are big. */
const runsPage = '1000';
const resultsPage = '9999';

export const readRuns = ({ service, params }: Scope, operation?: number) =>
  allOf((cursor) => {
    const query = { limit: runsPage, cursor, ...(operation && { operation: String(operation) }) };
    return service.call(listRuns, { params, query });
  });

export const readResults = ({ service, params }: Scope, runId?: number) =>
  allOf((cursor) => {
    const query = { limit: resultsPage, cursor, ...(runId && { runId: String(runId) }) };
    return service.call(listResults, { params, query });
  });

/** Shows a fit until it is over, and answers with it as it ended. */
export const watchFit = async (
  session: Session,
  scope: Scope,
  operation: OperationResource,
): Promise<void> => {
  const {
    operation: ended,
    runs,
    latest,
  } = await whileRunning(session, { operation, scope }, () => followFit(session, scope, operation));
  session.answer({ experiment: scope.params.experiment, operation: ended, runs }, () =>
    fitLines({ operation: ended, runs, latest }, session.canvas()).join('\n'),
  );
  mustBeCompleted(ended);
  refuseFailures(runs);
};

const followFit = async (
  { interrupted, ...session }: Session,
  scope: Scope,
  { operation }: OperationResource,
): Promise<FitView> => {
  using screen = openFitScreen({ interrupted, ...session });
  const latest = new Map<number, ResultResource>();
  const ask = async (): Promise<FitView> => {
    // The operation first: once it is over, the runs read after it are as they ended.
    const now = await readOperation(scope, operation);
    const view = { operation: now, runs: await readRuns(scope, operation), latest };
    if (isActive(now)) await readLatest(scope, view, { latest, most: screen.rows });
    else for (const result of await readResults(scope)) latest.set(result.runId, result);
    return view;
  };
  return await follow({
    ask,
    isOver: (view) => !isActive(view.operation),
    show: screen.show,
    interrupted,
    say: screen.say,
  });
};

const readLatest = async (
  scope: Scope,
  view: FitView,
  { latest, most }: { readonly latest: Map<number, ResultResource>; readonly most: number },
): Promise<void> => {
  const stale = interesting(view, most).filter(
    ({ runId, completedEpochs }) => (latest.get(runId)?.epoch ?? 0) < completedEpochs,
  );
  for (const { runId } of stale.slice(0, resultsAtOnce)) {
    const newest = (await readResults(scope, runId)).at(-1);
    if (newest !== undefined) latest.set(runId, newest);
  }
};

const refuseFailures = (runs: readonly RunResource[]): void => {
  const failed = runs.filter(({ status }) => status === 'failed').length;
  if (failed === 0) return;
  throw new CliError('unsuccessful', `${failed} of ${runs.length} runs failed`);
};
