import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { syncRequest } from './worker-protocol.ts';

const report = { runId: 1, status: 'ongoing', completedEpochs: 0, epochs: [], runtimeSeconds: 1 };
const epoch = { epoch: 1, trainLoss: 0.5, metrics: [] };

const faultsOf = (...runs: readonly object[]): string[] => {
  const sync = { jobId: 'job', attempt: 1, sequence: 1, needsCredentials: false, room: 0 };
  const { error } = z.safeParse(syncRequest, { ...sync, runs, logs: [] });
  return error?.issues.map(({ path, message }) => `${path.join('/')} ${message}`) ?? [];
};

test('a sync tells of several runs, and of each once', () => {
  expect(faultsOf(report, { ...report, runId: 2 })).toEqual([]);
  expect(faultsOf(report, report)).toEqual(['runs must name each run once']);
});

test.each([
  ['an epoch', { epochs: [{ ...epoch, epoch: 100_000 }] }],
  ['a time', { runtimeSeconds: 1e300 }],
])('%s that the table has no room for is refused', (_, members) => {
  expect(faultsOf({ ...report, epochs: [epoch] })).toEqual([]);
  expect(faultsOf({ ...report, ...members })).toHaveLength(1);
});
