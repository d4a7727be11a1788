import { getExperiment } from '../../../contract/experiment-routes.ts';
import type { RunResource } from '../../../contract/resources.ts';
import { follow } from './follow.ts';
import { LiveRegion } from './render/live.ts';
import type { Latest } from './render/runs-table.ts';
import { latestOf, runColumns } from './render/runs-table.ts';
import { table } from './render/table.ts';
import type { Scope, Session } from './session.ts';
import { readResults, readRuns } from './watch-fit.ts';

interface Seen {
  readonly runs: readonly RunResource[];
  readonly latest: Latest;
  readonly isActive: boolean;
}

/** Shows the runs until no operation is active any more. */
export const watchRuns = async (
  session: Session,
  scope: Scope,
  operation: number | undefined,
): Promise<void> => {
  const { interrupted, say } = session;
  const ask = async (): Promise<Seen> => {
    const { body } = await scope.service.call(getExperiment, scope);
    const runs = await readRuns(scope, operation);
    const latest = latestOf(await readResults(scope));
    return { runs, latest, isActive: body.activeOperation !== undefined };
  };
  using screen = openScreen(session);
  await follow({ ask, isOver: ({ isActive }) => !isActive, show: screen.show, interrupted, say });
};

interface RunsScreen extends Disposable {
  show(seen: Seen): void;
}

const openScreen = (session: Session): RunsScreen => {
  const { terminal, options } = session;
  return terminal.out.isTTY && !options.json ? terminalScreen(session) : lineScreen(session);
};

const terminalScreen = ({ terminal, canvas }: Session): RunsScreen => {
  const region = new LiveRegion(terminal.out);
  return {
    show: ({ runs, latest }) => region.draw(table(runColumns(runs, latest), runs, canvas())),
    [Symbol.dispose]: () => region[Symbol.dispose](),
  };
};

/** A line of JSON, or a row, for every run that changed. */
const lineScreen = (session: Session): RunsScreen => {
  const said = new Map<number, string>();
  return {
    show: ({ runs, latest }) => {
      const columns = runColumns(runs, latest);
      const rows = table(columns, runs, session.canvas()).slice(1);
      for (const [i, run] of runs.entries()) {
        const text = session.options.json ? JSON.stringify(run) : (rows[i] ?? '');
        if (said.get(run.runId) === text) continue;
        said.set(run.runId, text);
        session.line(run, () => text);
      }
    },
    [Symbol.dispose]: () => undefined,
  };
};
