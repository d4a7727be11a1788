import type { LeafConfig } from './config.ts';
import type { Instant } from './instant.ts';
import type { EpochResult, MetricValue, Run } from './run.ts';
import type { Mode } from './sha.ts';

/* Champion and challenger: the newest best run is measured beside the last champion on the same data. */

/** How runs are judged: by a metric of validation among each other, by the test's of the same label beside the champion. */
export interface Contest {
  readonly metric: string;
  readonly mode: Mode;
  /** By how much a challenger has to be better. */
  readonly tolerance: number;
}

/** The best run so far. */
export interface Champion {
  readonly experiment: string;
  readonly runId: number;
  /** `s3://` URI of its checkpoint's file, in its experiment's prefix, which stays. */
  readonly checkpointUri: string;
  readonly config: LeafConfig;
  /** What it measured when it won. */
  readonly value: MetricValue;
  readonly since: Instant;
}

export const verdicts = ['promoted', 'kept'] as const;
export type Verdict = (typeof verdicts)[number];

export interface Outcome {
  readonly verdict: Verdict;
  /** The test's metric. */
  readonly metric: string;
  readonly challenger: MetricValue;
  readonly champion?: MetricValue | undefined;
  /** By how much the challenger is better; negative when it is worse. */
  readonly betterBy?: number | undefined;
  /** Why the champion measured nothing, where it did not. */
  readonly note?: string | undefined;
}

/** Runs without a contest are judged so. */
export const usualContest: Contest = { metric: 'val_loss', mode: 'min', tolerance: 0 };

/** The test's name of a validation metric. */
export const testMetricOf = ({ metric }: Contest): string => metric.replace(/^val_/, 'test_');

/**
 * The best of the completed runs by what its last epoch measured; by its training loss where nothing was
 * validated. The lower run ID wins among equals, and NaN is worse than anything.
 */
export const bestRun = (
  runs: readonly Run[],
  results: readonly EpochResult[],
  contest: Contest,
): Run | undefined => {
  const last = new Map<number, EpochResult>();
  for (const result of results) {
    if ((last.get(result.runId)?.epoch ?? 0) < result.epoch) last.set(result.runId, result);
  }
  const score = ({ runId }: Run): number => scoreOf(last.get(runId), contest);
  return runs
    .filter(({ status, checkpoint }) => status === 'completed' && checkpoint)
    .toSorted((a, b) => compareScores(score(b), score(a)) || a.runId - b.runId)[0];
};

/** Higher is better. */
const scoreOf = (result: EpochResult | undefined, { metric, mode }: Contest): number => {
  if (!result) return Number.NaN;
  if (Object.keys(result.metrics).length === 0) return -Number(result.trainLoss);
  return signed(Number(result.metrics[metric] ?? Number.NaN), mode);
};

const signed = (value: number, mode: Mode): number => (mode === 'max' ? value : -value);

const compareScores = (a: number, b: number): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a === b ? 0 : Math.sign(a - b);
};

/** What the challenger and, if there is one, the champion measured. */
interface Measured {
  readonly challenger: MetricValue;
  readonly champion?: MetricValue | undefined;
  readonly note?: string | undefined;
}

/** Promotes the challenger if it is better by more than the tolerance, or the first that measured something. */
export const judge = (contest: Contest, measured: Measured): Outcome => {
  const challenger = signed(Number(measured.challenger), contest.mode);
  const champion = signed(Number(measured.champion ?? Number.NaN), contest.mode);
  const betterBy = challenger - champion;
  const isBetter = Number.isNaN(champion)
    ? !Number.isNaN(challenger)
    : betterBy > contest.tolerance;
  return {
    verdict: isBetter ? 'promoted' : 'kept',
    metric: testMetricOf(contest),
    ...measured,
    ...(Number.isFinite(betterBy) && { betterBy }),
  };
};
