import type { ExperimentKey } from '../../domain/experiment.ts';
import type { Run } from '../../domain/run.ts';
import { isOpen } from '../../domain/run.ts';
import type { WorkflowPorts } from './ports.ts';

type Ports = Pick<WorkflowPorts, 'runs'>;

/** A few calls' worth of runs. */
const runsPerPage = 500;

/** The first run is likely to be open. */
const runsPerLook = 25;

/** Runs by their IDs, some at a time: thousands take no more memory than hundreds. */
export async function* runPages(
  key: ExperimentKey,
  runIds: readonly number[],
  { runs, size = runsPerPage }: Ports & { readonly size?: number },
): AsyncGenerator<readonly Run[]> {
  for (let from = 0; from < runIds.length; from += size) {
    yield await runs.findMany(key, runIds.slice(from, from + size));
  }
}

/** Whether any of the runs is open. */
export const hasOpen = async (
  key: ExperimentKey,
  runIds: readonly number[],
  { runs }: Ports,
): Promise<boolean> => {
  for await (const page of runPages(key, runIds, { runs, size: runsPerLook })) {
    if (page.some(isOpen)) return true;
  }
  return false;
};
