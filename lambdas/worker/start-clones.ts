import type { Run, WarmStart } from '../../domain/run.ts';
import { awaitsStart, fail, isOpen } from '../../domain/run.ts';
import type { Change } from '../../domain/worker-ports.ts';
import type { WorkerPorts } from './ports.ts';

type Ports = Pick<WorkerPorts, 'runs' | 'workers' | 'clock'>;

/**
 * Finds out where warm clones start whose parent was training when they were made: at the checkpoint that
 * its engine was then asked for. Gives the runs as they are by now, and what changed of them.
 */
export const startClones = async (
  runs: readonly Run[],
  ports: Ports,
): Promise<{ readonly runs: readonly Run[]; readonly started: readonly Change<Run>[] }> => {
  const now = await Promise.all(
    runs.map((run) => (isOpen(run) && awaitsStart(run) ? startClone(run, ports) : run)),
  );
  const changes = now.map((after, i) => ({ before: runs[i], after }));
  return { runs: now, started: changes.filter(({ before, after }) => before !== after) };
};

const startClone = async (clone: Run, ports: Ports): Promise<Run> => {
  const { start, clonedFrom: runId = 0 } = clone;
  const parent = await ports.runs.find({ ...clone, runId });
  if (!start || !parent) throw new Error(`clone ${clone.runId} has no parent`);
  const prefix = parent.branches?.given[start.branch ?? 0];
  if (prefix !== undefined) return startAt(clone, start, prefix);
  if (isOpen(parent) || (await isHeld(parent, ports))) return clone;
  if (parent.checkpoint) return startAt(clone, start, parent.checkpoint.prefix);
  const message = `run ${runId} was gone before it had a checkpoint to start from; clone it cold`;
  return fail(clone, { message }, ports.clock.now());
};

const startAt = (clone: Run, start: WarmStart, prefix: string): Run => ({
  ...clone,
  start: { ...start, prefix },
});

/** Whether an engine has the run, so that a checkpoint of it may still come. */
const isHeld = async (run: Run, { workers }: Ports): Promise<boolean> => {
  const worker = await workers.find(run);
  return worker?.status === 'working' && worker.dealing.held.includes(run.runId);
};
