import type { FitPlanResource } from '../../../../contract/resources.ts';
import { counted } from './words.ts';

/** What a fit would do, in the Python client's words. */
export const planLines = (planned: FitPlanResource): readonly string[] => {
  const { runCount, plan, brackets } = planned;
  const share = `${counted(runCount, 'run')} on ${counted(plan.workers, 'worker')}`;
  return [
    `Dry run: ${share}, at most ${plan.runsPerWorker} each (${plan.reason})`,
    ...brackets.map(({ rungs }) => halved(rungs)),
    ...estimateLines(planned),
    'Nothing was started',
  ];
};

const halved = (rungs: readonly number[]): string => {
  if (rungs.length === 0) return 'SHA halves nothing: its first rung is the last epoch';
  const word = rungs.length === 1 ? 'epoch' : 'epochs';
  return `SHA lets the best go on after ${word} ${rungs.join(', ')}`;
};

const estimateLines = ({ estimate, estimateReason }: FitPlanResource): readonly string[] => {
  if (estimate === null) return [`No estimate: ${estimateReason}`];
  const { gpuHours, hours, usd, gpuUtilization: busy, gpuPeakMemoryBytes: bytes } = estimate;
  const cost = usd === undefined ? '' : `, $${usd.toFixed(2)}`;
  const told = `${rounded(gpuHours)} GPU hours${cost}, done in ${rounded(hours)} hours`;
  const used =
    busy === undefined || bytes === undefined
      ? []
      : [
          `These runs kept a GPU ${Math.round(100 * busy)}% busy, with at most ` +
            `${(bytes / 2 ** 30).toFixed(1)} GiB of its memory in use`,
        ];
  return [`Estimate: ${told} (${estimateReason})`, ...used];
};

const rounded = (hours: number): number => Number(hours.toPrecision(3));
