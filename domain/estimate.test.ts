import { expect, test } from 'vitest';
import { expandConfigGroup } from './config-group.ts';
import { estimateFit } from './estimate.ts';

const config = (epochs = 9) => ({
  train: { epochs, batch_size: 8, optimizer: { name: 'SGD', args: { lr: { $list: [1, 2, 3] } } } },
});
const earlier = [
  { completedEpochs: 2, runtimeSeconds: 30 },
  { completedEpochs: 4, runtimeSeconds: 30 },
  { completedEpochs: 0, runtimeSeconds: 1000 },
];

/** All three runs of a grid on one worker. */
const one = { shares: [[0, 1, 2]], gpuHourUsd: 1 };

test('all epochs take what an epoch took so far; runs that finished none tell nothing', () => {
  const group = expandConfigGroup([{ $grid: config() }, { $grid: config(3) }], 1);
  expect(estimateFit(group, earlier, { shares: [[0, 1, 2, 3, 4, 5]], gpuHourUsd: 0.72 })).toEqual({
    cost: { gpuHours: 0.1, hours: 0.1, usd: expect.closeTo(0.072) },
    reason: 'by 6 epochs of 2 earlier runs on this data handle, 10.0 s each',
  });
});

test('runs that SHA stops early train fewer epochs', () => {
  const sha = { configGroup: { $grid: config() }, metric: 'val_loss', mode: 'min' };
  const { cost } = estimateFit(expandConfigGroup({ $sha: sha }, 1), earlier, one);
  expect(cost?.gpuHours).toBeCloseTo(((3 * 1 + 1 * 8) * 10) / 3600);
});

test('where no price is known the hours are told all the same', () => {
  const free = { ...one, gpuHourUsd: 0 };
  const { cost } = estimateFit(expandConfigGroup({ $grid: config() }, 1), earlier, free);
  expect(cost).toEqual({ gpuHours: 0.075, hours: 0.075, usd: undefined });
});

test('without an epoch to go by there is no estimate, but a reason', () => {
  const group = expandConfigGroup({ $grid: config() }, 1);
  expect(estimateFit(group, earlier.slice(2), one)).toEqual({
    reason: expect.stringContaining('no run of this experiment has finished an epoch'),
  });
});

test('the hours are those of the worker with the most epochs', () => {
  const group = expandConfigGroup([{ $grid: config(1) }, { $grid: config(7) }], 1);
  const shares = [
    [0, 1, 2, 3],
    [4, 5],
  ];
  const { cost } = estimateFit(group, earlier, { shares, gpuHourUsd: 0 });
  expect(cost?.gpuHours).toBeCloseTo(240 / 3600);
  expect(cost?.hours).toBeCloseTo(140 / 3600);
});

test('what earlier runs took of a GPU is told, if any was measured', () => {
  const group = expandConfigGroup({ $grid: config() }, 1);
  expect(estimateFit(group, earlier, one).gpu).toBeUndefined();
  const measured = [
    { ...earlier[0], gpu: { seconds: 30, busySeconds: 3, peakMemoryBytes: 7 } },
    { ...earlier[0], gpu: { seconds: 10, busySeconds: 1, peakMemoryBytes: 9 } },
    earlier[1],
  ].map((run) => ({ completedEpochs: 1, runtimeSeconds: 1, ...run }));
  expect(estimateFit(group, measured, one).gpu).toEqual({
    seconds: 40,
    busySeconds: 4,
    peakMemoryBytes: 9,
  });
});
