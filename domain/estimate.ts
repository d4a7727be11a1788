import type { LeafConfig } from './config.ts';
import { isObject } from './config.ts';
import { secondsPerHour, usdOf } from './cost.ts';
import type { ExpandedGroup } from './expanded-group.ts';
import type { Run } from './run.ts';
import { epochsToTrain } from './sha.ts';

export interface Estimate {
  /** `undefined` when there is nothing to go by. */
  readonly cost?: { readonly gpuHours: number; readonly usd: number | undefined } | undefined;
  /** What it goes by, or why there is none. */
  readonly reason: string;
}

/** What training would take, from the epochs that earlier runs trained on the same data handle. */
export const estimateFit = (
  group: ExpandedGroup,
  earlier: readonly Pick<Run, 'completedEpochs' | 'runtimeSeconds'>[],
  gpuHourUsd: number,
): Estimate => {
  const known = earlier.filter(({ completedEpochs }) => completedEpochs > 0);
  if (known.length === 0) {
    return {
      reason: 'no run of this experiment has finished an epoch on this data handle yet',
    };
  }
  const epochs = sum(known.map(({ completedEpochs }) => completedEpochs));
  const secondsPerEpoch = sum(known.map(({ runtimeSeconds }) => runtimeSeconds)) / epochs;
  const gpuSeconds = secondsPerEpoch * epochsIn(group);
  return {
    cost: { gpuHours: gpuSeconds / secondsPerHour, usd: usdOf(gpuSeconds, gpuHourUsd) },
    reason: `by ${epochs} epochs of ${known.length} earlier runs on this data handle, ${secondsPerEpoch.toPrecision(3)} s each`,
  };
};

/** All epochs of all runs; those that SHA stops early train fewer. */
const epochsIn = ({ configs, halved }: ExpandedGroup): number => {
  const whole = sum(configs.map(epochsOf));
  const spared = halved.map(
    (halving) => halving.count * halving.maxEpochs - epochsToTrain(halving, halving.count),
  );
  return whole - sum(spared);
};

const epochsOf = ({ train = null }: LeafConfig): number =>
  isObject(train) ? Number(train['epochs']) : 0;

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
