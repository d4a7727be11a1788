import type { MetricValue } from './run.ts';

/*
 * Synchronous successive halving: the runs of a bracket train to a rung, wait there for one another, and
 * the best of them go on to the next. All of it is arithmetic on a table of metrics.
 */

export const modes = ['min', 'max'] as const;
export type Mode = (typeof modes)[number];

/** How a bracket is halved. */
export interface Halving {
  /** The validation metric that decides, by its column's name. */
  readonly metric: string;
  readonly mode: Mode;
  /** One in so many runs goes on from each rung. */
  readonly eta: number;
  readonly minEpochs: number;
  /** The epochs of every run of the bracket. */
  readonly maxEpochs: number;
}

/** The runs of one SHA: of a fit those with the IDs from `firstRunId` on. */
export interface Bracket extends Halving {
  readonly firstRunId: number;
  readonly runCount: number;
}

/** A run that stands at a rung; its results may lack the metric. */
export interface Contender {
  readonly runId: number;
  readonly value: MetricValue | undefined;
}

/** Who goes on from a rung, best first, and whose results lack the metric; all others are stopped. */
export interface RungDecision {
  readonly promoted: readonly number[];
  readonly lacking: readonly number[];
}

/** The epochs after which runs wait: `minEpochs · eta^k`, below the last epoch. */
export const rungsOf = ({ minEpochs, maxEpochs, eta }: Halving): readonly number[] => {
  const rungs: number[] = [];
  for (let epoch = minEpochs; epoch < maxEpochs; epoch *= eta) rungs.push(epoch);
  return rungs;
};

/** The first rung after an epoch; `undefined` when none is left and the run trains to its end. */
export const rungAfter = (halving: Halving, epoch: number): number | undefined =>
  rungsOf(halving).find((rung) => rung > epoch);

/** How many of `contenders` runs go on. */
const survivors = (contenders: number, eta: number): number =>
  Math.max(1, Math.floor(contenders / eta));

/**
 * The best of those at a rung go on; a value that is not finite is worse than any that is, and of equals
 * the lower run ID goes on. A run whose results lack the metric cannot be compared and does not count.
 */
export const decideRung = (
  contenders: readonly Contender[],
  { mode, eta }: Pick<Halving, 'mode' | 'eta'>,
): RungDecision => {
  const compared = contenders
    .filter(({ value }) => value !== undefined)
    .map(({ runId, value }) => ({ runId, cost: costOf(value, mode) }))
    .sort((a, b) => (a.cost === b.cost ? a.runId - b.runId : a.cost - b.cost));
  const lacking = contenders.filter(({ value }) => value === undefined);
  return {
    promoted: compared.slice(0, survivors(compared.length, eta)).map(({ runId }) => runId),
    lacking: lacking.map(({ runId }) => runId),
  };
};

/** The lower the better, whatever the mode. */
const costOf = (value: MetricValue | undefined, mode: Mode): number => {
  if (typeof value !== 'number') return Number.POSITIVE_INFINITY;
  return mode === 'min' ? value : -value;
};

/** Epochs that a bracket trains in all when no run fails. */
export const epochsToTrain = (halving: Halving, runCount: number): number => {
  let trained = 0;
  let runs = runCount;
  let from = 0;
  for (const rung of rungsOf(halving)) {
    trained += runs * (rung - from);
    runs = survivors(runs, halving.eta);
    from = rung;
  }
  return trained + runs * (halving.maxEpochs - from);
};
