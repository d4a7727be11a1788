import type { LeafConfig } from './config.ts';
import { isObject } from './config.ts';
import { secondsPerHour, usdOf } from './cost.ts';
import type { ExpandedGroup } from './expanded-group.ts';
import type { GpuUse } from './gpu-use.ts';
import { addGpuUse } from './gpu-use.ts';
import type { Run } from './run.ts';
import { epochsToTrain } from './sha.ts';

/** Of all workers, and how long the one with the most to train takes for it. */
export interface Cost {
  readonly gpuHours: number;
  readonly hours: number;
  readonly usd: number | undefined;
}

export interface Estimate {
  /** `undefined` when there is nothing to go by. */
  readonly cost?: Cost | undefined;
  /** What it goes by, or why there is none. */
  readonly reason: string;
  /** What the runs that it goes by took of a GPU; `undefined` where none was. */
  readonly gpu?: GpuUse | undefined;
}

/** What training would take, from the epochs that earlier runs trained on the same data handle. */
export const estimateFit = (
  group: ExpandedGroup,
  earlier: readonly Pick<Run, 'completedEpochs' | 'runtimeSeconds' | 'gpu'>[],
  {
    shares,
    gpuHourUsd,
  }: { readonly shares: readonly (readonly number[])[]; readonly gpuHourUsd: number },
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
  const gpuHours = gpuSeconds / secondsPerHour;
  return {
    cost: {
      gpuHours,
      hours: gpuHours * largestShare(group, shares),
      usd: usdOf(gpuSeconds, gpuHourUsd),
    },
    gpu: known.map(({ gpu }) => gpu).reduce(addGpuUse),
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

/** What the worker with the most epochs has of all; SHA stops runs on every worker alike. */
const largestShare = (
  { configs }: ExpandedGroup,
  shares: readonly (readonly number[])[],
): number => {
  const epochs = configs.map(epochsOf);
  const most = shares.map((share) => sum(share.map((index) => epochs[index] ?? 0)));
  return Math.max(...most) / sum(epochs);
};

const epochsOf = ({ train = null }: LeafConfig): number =>
  isObject(train) ? Number(train['epochs']) : 0;

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
