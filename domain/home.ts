import { nothingDealt, putBack } from './dealing.ts';
import type { ActiveFit, Executor, FitRequest } from './operation.ts';
import { plannedWorkers } from './packing.ts';
import type { Worker } from './worker.ts';
import { newWorker } from './worker.ts';
import type { Change } from './worker-ports.ts';

/*
 * Who trains runs that join a fit while it is active. They should begin within seconds: a living worker
 * whose runs take turns adopts them at once; where each run is trained to its end before the next, a
 * worker without any adopts them, or one more is started.
 */

/** Runs that join, and the workers that have them then. */
export interface Homes {
  readonly workers: readonly Change<Worker>[];
  /** The number of each run's worker, in the order of the runs. */
  readonly numbers: readonly number[];
}

/**
 * Gives each run a home, ahead of what its worker has waiting. `workers` are all of the fit; `own` is the
 * number of the one that knows the runs' data and state best, if it is still there.
 */
export const findHomes = (
  runIds: readonly number[],
  fit: ActiveFit,
  { workers, own }: { readonly workers: readonly Worker[]; readonly own?: number | undefined },
): Homes => {
  const before = new Map(workers.map((worker) => [worker.worker, worker]));
  const after = new Map<number, Worker>();
  const numbers = runIds.map((runId) => {
    const now = workers.map((worker) => after.get(worker.worker) ?? worker);
    const added = [...after.values()].filter(({ worker }) => !before.has(worker));
    const home = choose([...now, ...added], own, fit.request) ?? oneMore(fit, added.length);
    after.set(home.worker, { ...home, dealing: putBack(home.dealing, runId) });
    return home.worker;
  });
  const changes = [...after].map(([number, worker]) => {
    const theirs = runIds.filter((_, i) => numbers[i] === number);
    const was = before.get(number);
    // Each is put first, so the last one goes first.
    const dealing = theirs.reduceRight(putBack, was?.dealing ?? nothingDealt([]));
    return { before: was, after: { ...worker, dealing } };
  });
  return { workers: changes, numbers };
};

/** One of the workers that are there; `undefined` when one more is better. */
const choose = (
  workers: readonly Worker[],
  own: number | undefined,
  { executor, maxWorkers }: FitRequest,
): Worker | undefined => {
  const alive = workers.filter(({ status }) => status !== 'gone').toSorted(isBetter);
  const best = alive.find(({ worker }) => worker === own) ?? alive[0];
  if (takesTurns[executor] || alive.length >= maxWorkers) return best;
  return best && load(best) === 0 ? best : alive.find((worker) => load(worker) === 0);
};

/** Whether a run that joins need not wait for others to end. */
const takesTurns: Record<Executor, boolean> = {
  auto: true,
  interleaved: true,
  fused: true,
  single: false,
};

/** One that works is better than one whose job still waits for a GPU; then one with fewer runs. */
const isBetter = (a: Worker, b: Worker): number =>
  Number(b.status === 'working') - Number(a.status === 'working') || load(a) - load(b);

const load = ({ dealing }: Worker): number => dealing.waiting.length + dealing.held.length;

const oneMore = (fit: ActiveFit, addedBefore: number): Worker => {
  const worker = plannedWorkers(fit.request) + fit.addedWorkers + addedBefore + 1;
  return { ...newWorker({ ...fit, worker }, []), executions: 1 };
};
