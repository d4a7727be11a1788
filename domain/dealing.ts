import type { Run } from './run.ts';
import { isOpen } from './run.ts';
import { standsAtRung } from './rung.ts';
import type { Bracket } from './sha.ts';

/** Runs of a worker that stand at one rung. */
export interface AtRung {
  /** Which of the fit's brackets, from 0, and the rung's epoch. */
  readonly bracket: number;
  readonly epoch: number;
  readonly runIds: readonly number[];
}

/**
 * Where a worker's runs are; those that are over are nowhere. A run that the worker gets later, be it
 * promoted, resumed or new, is put in `waiting`, and taken out of wherever it was.
 */
export interface Dealing {
  /** To be dealt, in this order. */
  readonly waiting: readonly number[];
  /** In the hands of the newest lease's engine. */
  readonly held: readonly number[];
  /** Let go of by the engine until the others of their bracket have come as far. */
  readonly atRungs: readonly AtRung[];
  /** What the last answer dealt, in case it has to be given again. */
  readonly last: readonly number[];
  /** Of those held: to be stopped by the engine, which is told so until it says that it has. */
  readonly stopping: readonly number[];
  /** Runs whose engine is asked for a checkpoint that clones can start from. */
  readonly branching: readonly number[];
  /** Held no more, but the engine may not know: to be let go of by it without a word. */
  readonly dropping: readonly number[];
}

export const nothingDealt = (runIds: readonly number[]): Dealing => ({
  waiting: runIds,
  held: [],
  atRungs: [],
  last: [],
  stopping: [],
  branching: [],
  dropping: [],
});

/** Every run that is somewhere. */
export const runIdsIn = ({ waiting, held, atRungs }: Dealing): readonly number[] => [
  ...held,
  ...waiting,
  ...atRungs.flatMap(({ runIds }) => runIds),
];

/**
 * An engine is gone: what it held is dealt to the next one, first. A run that it was to stop and that is
 * still open then is stopped by the next one, before it trains it.
 */
export const recall = (dealing: Dealing): Dealing => ({
  ...dealing,
  waiting: [...dealing.held, ...dealing.waiting],
  held: [],
  last: [],
  dropping: [],
});

/** Of those waiting, `dealt` are dealt, and `over` want no training any more. */
export const deal = (
  dealing: Dealing,
  dealt: readonly number[],
  over: readonly number[] = [],
): Dealing => {
  const gone = new Set([...dealt, ...over]);
  return {
    ...dealing,
    waiting: dealing.waiting.filter((runId) => !gone.has(runId)),
    held: [...dealing.held, ...dealt],
    last: dealt,
  };
};

/** A run's engine is asked for a checkpoint that clones can start from. */
export const letBranch = (dealing: Dealing, runId: number): Dealing => ({
  ...dealing,
  branching: [...new Set([...dealing.branching, runId])],
});

/** Runs that have given what clones were waiting for. */
export const haveBranched = (dealing: Dealing, runIds: readonly number[]): Dealing => ({
  ...dealing,
  branching: dealing.branching.filter((runId) => !runIds.includes(runId)),
});

/** Whether nothing is to be trained until a rung is decided. */
export const isIdle = ({ waiting, held, atRungs }: Dealing): boolean =>
  waiting.length === 0 && held.length === 0 && atRungs.length > 0;

/** Takes runs as they were just told of out of the engine's hands: those over, and those at a rung. */
export const takeBack = (
  dealing: Dealing,
  told: readonly Run[],
  brackets: readonly Bracket[],
): Dealing => {
  const held = new Set(dealing.held);
  const back = told.filter((run) => held.has(run.runId) && (!isOpen(run) || standsAtRung(run)));
  if (back.length === 0) return dealing;
  const gone = new Set(back.map(({ runId }) => runId));
  const others = (runIds: readonly number[]) => runIds.filter((runId) => !gone.has(runId));
  return {
    ...dealing,
    held: others(dealing.held),
    stopping: others(dealing.stopping),
    branching: others(dealing.branching),
    atRungs: back.reduce(arrive(brackets), dealing.atRungs),
  };
};

const arrive =
  (brackets: readonly Bracket[]) =>
  (atRungs: readonly AtRung[], run: Run): readonly AtRung[] => {
    const { runId, rung: epoch } = run;
    const bracket = bracketOf(runId, brackets);
    if (!standsAtRung(run) || epoch === undefined || bracket < 0) return atRungs;
    const isHere = (at: AtRung) => at.bracket === bracket && at.epoch === epoch;
    const here = atRungs.find(isHere) ?? { bracket, epoch, runIds: [] };
    const others = atRungs.filter((at) => !isHere(at));
    return [...others, { ...here, runIds: [...here.runIds, runId] }];
  };

/** Which of the brackets a run ID belongs to, from 0; -1 if to none. */
export const bracketOf = (runId: number, brackets: readonly Bracket[]): number =>
  brackets.findIndex(
    ({ firstRunId, runCount }) => firstRunId <= runId && runId < firstRunId + runCount,
  );

/** Runs leave a decided rung: those that go on wait to be dealt, ahead of others. */
export const leaveRung = (
  dealing: Dealing,
  { bracket, epoch, runIds }: AtRung,
  goOn: readonly number[],
): Dealing => {
  const left = new Set(runIds);
  const atRungs = dealing.atRungs.map((at) =>
    at.bracket === bracket && at.epoch === epoch
      ? { ...at, runIds: at.runIds.filter((runId) => !left.has(runId)) }
      : at,
  );
  return {
    ...dealing,
    waiting: [...goOn, ...dealing.waiting],
    atRungs: atRungs.filter((at) => at.runIds.length > 0),
  };
};

/** Takes a run out of wherever it is. */
const takeOut = (dealing: Dealing, runId: number): Dealing => {
  const others = (runIds: readonly number[]) => runIds.filter((other) => other !== runId);
  const atRungs = dealing.atRungs.map((at) => ({ ...at, runIds: others(at.runIds) }));
  return {
    ...dealing,
    waiting: others(dealing.waiting),
    held: others(dealing.held),
    atRungs: atRungs.filter((at) => at.runIds.length > 0),
    last: others(dealing.last),
    stopping: others(dealing.stopping),
    branching: others(dealing.branching),
  };
};

/** A run is to train no more: the engine that holds it has to stop it, or nobody trains it. */
export const letStop = (dealing: Dealing, runId: number): Dealing =>
  dealing.held.includes(runId)
    ? { ...dealing, stopping: [...dealing.stopping, runId] }
    : takeOut(dealing, runId);

/**
 * A run is gone, and the engine that holds it has to let go of it; with a checkpoint if clones wait for
 * one.
 */
export const letDrop = (dealing: Dealing, runId: number): Dealing => {
  if (dealing.branching.includes(runId)) return letStop(dealing, runId);
  const without = takeOut(dealing, runId);
  if (!dealing.held.includes(runId)) return without;
  return { ...without, dropping: [...without.dropping, runId] };
};

/** A run is to train again, ahead of others: somebody asked for it. */
export const putBack = (dealing: Dealing, runId: number): Dealing => {
  const without = takeOut(dealing, runId);
  return { ...without, waiting: [runId, ...without.waiting] };
};
