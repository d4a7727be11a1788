import type { FitPlanResource } from '../../../../contract/resources.ts';
import { counted } from './words.ts';

/** What a fit would do, in the Python client's words. */
export const planLines = (planned: FitPlanResource): readonly string[] => {
  const { runCount, plan, brackets } = planned;
  const share = `${counted(runCount, 'run')} on ${counted(plan.workers, 'worker')}`;
  return [
    `Dry run: ${share}, at most ${plan.runsPerWorker} each (${plan.reason})`,
    ...brackets.map(({ rungs }) => halved(rungs)),
    estimateLine(planned),
    'Nothing was started',
  ];
};

const halved = (rungs: readonly number[]): string => {
  if (rungs.length === 0) return 'SHA halves nothing: its first rung is the last epoch';
  const word = rungs.length === 1 ? 'epoch' : 'epochs';
  return `SHA lets the best go on after ${word} ${rungs.join(', ')}`;
};

const estimateLine = ({ estimate, estimateReason }: FitPlanResource): string => {
  if (estimate === null) return `No estimate: ${estimateReason}`;
  const cost = estimate.usd === undefined ? '' : `, $${estimate.usd.toFixed(2)}`;
  const hours = Number(estimate.gpuHours.toPrecision(3));
  return `Estimate: ${hours} GPU hours${cost} (${estimateReason})`;
};
