import { getRun } from '../../../../contract/operation-routes.ts';
import type { RunResource } from '../../../../contract/resources.ts';
import type { Family } from '../family.ts';
import { positive } from '../options.ts';
import { runFacts } from '../render/run.ts';
import { latestOf, runColumns } from '../render/runs-table.ts';
import { table } from '../render/table.ts';
import type { Scope, Session } from '../session.ts';
import { readResults, readRuns } from '../watch-fit.ts';
import { watchRuns } from '../watch-runs.ts';

/** Beyond these a table is read for its statuses; all results would have to be fetched for it. */
const mostWithMetrics = 500;

export const runs: Family = (program, session) => {
  const family = program
    .command('runs')
    .description('list the runs of the experiment with their newest metrics')
    .option('--operation <number>', 'only those of one fit', positive)
    .option(
      '--watch',
      'draw the table anew while there is news; with --json a line for each change',
    )
    .action(async ({ operation, watch }) => {
      const scope = await session.scope();
      if (watch) return watchRuns(session, scope, operation);
      const all = await readRuns(scope, operation);
      const isBare = session.options.json || all.length > mostWithMetrics;
      const results = isBare ? [] : await readResults(scope);
      session.answer(all, () => runsText(all, latestOf(results), session));
    });
  family
    .command('show')
    .description('show one run, with the traceback if it failed')
    .argument('<run>', 'its ID', positive)
    .action((runId) => showRun(session, runId));
};

const runsText = (
  all: readonly RunResource[],
  latest: ReturnType<typeof latestOf>,
  session: Session,
): string =>
  all.length === 0
    ? 'No runs yet'
    : table(runColumns(all, latest), all, session.canvas()).join('\n');

const showRun = async (session: Session, runId: number): Promise<void> => {
  const scope = await session.scope();
  const run = await readRun(scope, runId);
  const results = await readResults(scope, runId);
  session.answer(run, () => runFacts(run, results.at(-1), session.canvas()).join('\n'));
};

const readRun = async ({ service, params }: Scope, runId: number): Promise<RunResource> =>
  (await service.call(getRun, { params: { ...params, runId: String(runId) } })).body;
