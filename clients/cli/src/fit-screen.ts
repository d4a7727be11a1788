import type { FitView } from './render/fit-view.ts';
import { fitLines, runLine, shareDone, summary } from './render/fit-view.ts';
import { LiveRegion } from './render/live.ts';
import type { Session } from './session.ts';

/* Where a fit is shown while it runs: on standard error, so that the answer stays alone on the other. */

/** Shows a fit in place, or line by line. */
export interface FitScreen extends Disposable {
  /** How many runs it has room for. */
  readonly rows: number;
  show(view: FitView): void;
  say(text: string): void;
}

export const openFitScreen = (session: Session): FitScreen =>
  session.terminal.err.isTTY ? terminalScreen(session) : plainScreen(session);

/** Lines of the terminal that the table's head and the notes take. */
const frameLines = 12;
const fewestRows = 3;

const terminalScreen = ({ terminal, canvas }: Session): FitScreen => {
  const region = new LiveRegion(terminal.err);
  const rows = (): number => Math.max(fewestRows, (terminal.err.rows ?? 0) - frameLines);
  let lines: readonly string[] = [];
  return {
    get rows() {
      return rows();
    },
    show: (view) => {
      lines = fitLines(view, canvas(terminal.err), rows());
      region.draw(lines);
    },
    say: (text) => region.draw([...lines, text]),
    [Symbol.dispose]: () => {
      region.clear();
      region[Symbol.dispose]();
    },
  };
};

/** With more runs than these, a file or pipe is told of all together, at each twentieth of the work. */
const toldOneByOne = 20;
const steps = 20;

const plainScreen = ({ say }: Session): FitScreen => {
  const said = new Set<string>();
  const sayOnce = (text: string): void => {
    if (said.has(text)) return;
    said.add(text);
    say(text);
  };
  let step = 0;
  const sayStep = (view: FitView): void => {
    const reached = Math.floor(shareDone(view) * steps);
    if (reached <= step) return;
    step = reached;
    say(`${(100 * reached) / steps}% · ${summary(view)}`);
  };
  return {
    rows: Number.POSITIVE_INFINITY,
    show: (view) => {
      if (view.runs.length > toldOneByOne) return sayStep(view);
      for (const run of view.runs) {
        if (run.status !== 'new') sayOnce(runLine(run, view.latest));
      }
    },
    say: sayOnce,
    [Symbol.dispose]: () => undefined,
  };
};
