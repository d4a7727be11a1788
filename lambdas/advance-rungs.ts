import type { AtRung } from '../domain/dealing.ts';
import { leaveRung } from '../domain/dealing.ts';
import type { Clock } from '../domain/instant.ts';
import type { Operation } from '../domain/operation.ts';
import { bracketsOf } from '../domain/operation.ts';
import type { RunStore } from '../domain/ports.ts';
import type { Run } from '../domain/run.ts';
import { isOpen } from '../domain/run.ts';
import type { Rung } from '../domain/rung.ts';
import { isAwaited, passRung, standsAtRung } from '../domain/rung.ts';
import type { Bracket } from '../domain/sha.ts';
import { decideRung } from '../domain/sha.ts';
import type { Worker } from '../domain/worker.ts';
import type { RungStore, WorkerStore } from '../domain/worker-ports.ts';

export interface RungPorts {
  readonly workers: Pick<WorkerStore, 'replaceWith'>;
  readonly runs: Pick<RunStore, 'findMany'>;
  readonly rungs: RungStore;
  readonly clock: Clock;
}

/** How a worker's runs stand at their rungs after a look at them. */
export interface Advance {
  readonly worker: Worker;
  /** Whether runs left a rung; it may take more looks until all have. */
  readonly moved: boolean;
  /** For each rung that is not decided yet, a run that it waits for. */
  readonly awaited: readonly Run[];
}

/** Runs that leave a rung at one look; they change in one transaction with their worker. */
const runsAtOnce = 90;

/**
 * Decides the rungs that a worker's runs stand at, where everyone has arrived, and lets the worker's runs
 * leave one that is decided. Whoever looks first decides; a worker's runs leave together with a change of
 * that worker. So nothing happens twice, however often this is done and by however many.
 */
export const advanceRungs = async (
  worker: Worker,
  operation: Operation,
  ports: RungPorts,
): Promise<Advance> => {
  const awaited: Run[] = [];
  for (const at of worker.dealing.atRungs) {
    const bracket = bracketIn(operation, at);
    const { rung, waitsFor } = await lookAt(at, { operation, bracket }, ports);
    if (rung) {
      const after = await leave(worker, at, { rung, bracket }, ports);
      return { worker: after ?? worker, moved: true, awaited };
    }
    awaited.push(waitsFor);
  }
  return { worker, moved: false, awaited };
};

const bracketIn = (operation: Operation, at: AtRung): Bracket => {
  const bracket = bracketsOf(operation)[at.bracket];
  if (!bracket) throw new Error(`the operation has no bracket ${at.bracket}`);
  return bracket;
};

interface Where {
  readonly operation: Operation;
  readonly bracket: Bracket;
}

type Standing =
  | { readonly rung: Rung; readonly waitsFor?: undefined }
  | { readonly rung?: undefined; readonly waitsFor: Run };

/** What was decided at a rung, now or before, or else a run that it waits for. */
const lookAt = async (
  { bracket: index, epoch }: AtRung,
  { operation, bracket }: Where,
  ports: RungPorts,
): Promise<Standing> => {
  const { workspace, experiment, operation: number } = operation;
  const key = { workspace, experiment, operation: number, bracket: index, epoch };
  const known = await ports.rungs.find(key);
  if (known) return { rung: known };
  const { arrived, waitsFor } = await muster(epoch, { operation, bracket }, ports);
  if (waitsFor) return { waitsFor };
  const results = await ports.rungs.measured(key, arrived);
  const values = new Map(results.map(({ runId, metrics }) => [runId, metrics[bracket.metric]]));
  const contenders = arrived.map((runId) => ({ runId, value: values.get(runId) }));
  const decision = decideRung(contenders, bracket);
  const rung = { ...key, ...decision, decidedAt: ports.clock.now() };
  return { rung: await ports.rungs.keep(rung) };
};

/** Runs looked at first: the last ones, as runs begin in the order of their IDs. */
const firstLook = 8;
/** Runs looked at then at a time. */
const furtherLook = 800;

interface Muster {
  readonly arrived: readonly number[];
  readonly waitsFor?: Run | undefined;
}

/** Who has arrived at the rung, up to the first run that has not. */
const muster = async (
  epoch: number,
  { operation, bracket: { firstRunId, runCount } }: Where,
  { runs }: RungPorts,
): Promise<Muster> => {
  const runIds = Array.from({ length: runCount }, (_, i) => firstRunId + runCount - 1 - i);
  const arrived: number[] = [];
  for (let from = 0; from < runCount; from += from === 0 ? firstLook : furtherLook) {
    const to = from === 0 ? firstLook : from + furtherLook;
    const found = await runs.findMany(operation, runIds.slice(from, to));
    const waitsFor = found.find((run) => isAwaited(run, epoch));
    if (waitsFor) return { arrived, waitsFor };
    arrived.push(...found.filter(standsAtRung).map(({ runId }) => runId));
  }
  return { arrived };
};

/** The worker after some of its runs left the rung; `undefined` when it or one of them changed meanwhile. */
const leave = async (
  worker: Worker,
  at: AtRung,
  { rung, bracket }: { readonly rung: Rung; readonly bracket: Bracket },
  { workers, runs, clock }: RungPorts,
): Promise<Worker | undefined> => {
  const runIds = promotedFirst(at.runIds, rung).slice(0, runsAtOnce);
  const now = clock.now();
  const changes = (await runs.findMany(worker, runIds))
    .filter((run) => run.rung === rung.epoch)
    .map((before) => ({ before, after: passRung(before, rung, { halving: bracket, now }) }));
  const goOn = changes.filter(({ after }) => isOpen(after)).map(({ after }) => after.runId);
  const dealing = leaveRung(worker.dealing, { ...at, runIds }, goOn);
  return workers.replaceWith({ worker: { ...worker, dealing }, expected: worker, runs: changes });
};

/** Those that go on, best first, then the others. */
const promotedFirst = (runIds: readonly number[], { promoted }: Rung): readonly number[] => {
  const here = new Set(runIds);
  return [...new Set([...promoted.filter((runId) => here.has(runId)), ...runIds])];
};
