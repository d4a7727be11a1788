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

test('all epochs take what an epoch took so far; runs that finished none tell nothing', () => {
  const group = expandConfigGroup([{ $grid: config() }, { $grid: config(3) }], 1);
  expect(estimateFit(group, earlier, 0.72)).toEqual({
    cost: { gpuHours: 0.1, usd: expect.closeTo(0.072) },
    reason: 'by 6 epochs of 2 earlier runs on this data handle, 10.0 s each',
  });
});

test('runs that SHA stops early train fewer epochs', () => {
  const sha = { configGroup: { $grid: config() }, metric: 'val_loss', mode: 'min' };
  const { cost } = estimateFit(expandConfigGroup({ $sha: sha }, 1), earlier, 1);
  expect(cost?.gpuHours).toBeCloseTo(((3 * 1 + 1 * 8) * 10) / 3600);
});

test('where no price is known the hours are told all the same', () => {
  const { cost } = estimateFit(expandConfigGroup({ $grid: config() }, 1), earlier, 0);
  expect(cost).toEqual({ gpuHours: 0.075, usd: undefined });
});

test('without an epoch to go by there is no estimate, but a reason', () => {
  const group = expandConfigGroup({ $grid: config() }, 1);
  expect(estimateFit(group, [earlier[2] ?? { completedEpochs: 0, runtimeSeconds: 0 }], 1)).toEqual({
    reason: expect.stringContaining('no run of this experiment has finished an epoch'),
  });
});
