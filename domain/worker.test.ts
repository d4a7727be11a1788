import { describe, expect, test } from 'vitest';
import { nothingDealt } from './dealing.ts';
import {
  isAtWork,
  isWorthWaiting,
  leaseSeconds,
  secondsToNextLook,
  type Worker,
} from './worker.ts';

const worker: Worker = {
  workspace: 'default',
  experiment: 'e',
  operation: 1,
  worker: 1,
  status: 'working',
  revision: 3,
  dealing: nothingDealt([]),
  plannedTokenSha256: '',
  tokenSha256s: [],
  lease: 1,
  sequence: 1,
  lastSyncAt: '2026-01-01T00:00:00.000Z',
  runtimeSeconds: 0,
  jobs: 1,
  leaseAtJobStart: 0,
};

test('a worker is at work while it is heard', () => {
  const [soon, late] = ['2026-01-01T00:01:59.000Z', '2026-01-01T00:02:01.000Z'] as const;
  expect(leaseSeconds).toBe(120);
  expect(isAtWork(worker, soon)).toBe(true);
  expect(isAtWork(worker, late)).toBe(false);
  expect(isAtWork({ ...worker, status: 'planned' }, soon)).toBe(false);
});

describe('an idle worker', () => {
  test('waits long for runs that are trained, and briefly for runs that are not', () => {
    const waits = (idleSeconds: number, areAtWork: boolean) =>
      isWorthWaiting({ idleSeconds, areAtWork });
    expect([0, 29, 30].map((seconds) => waits(seconds, false))).toEqual([true, true, false]);
    expect([0, 599, 600].map((seconds) => waits(seconds, true))).toEqual([true, true, false]);
  });

  test('without a job is looked after ever more rarely, so that a week takes few looks', () => {
    expect([0, 60, 200, 1000, 1e6].map(secondsToNextLook)).toEqual([10, 10, 20, 100, 300]);
    let [waited, looks] = [0, 0];
    while (waited < 7 * 86_400) {
      waited += secondsToNextLook(waited);
      looks += 1;
    }
    // Each look is 9 events of an execution's history, which takes 25,000.
    expect(9 * looks).toBeLessThan(20_000);
  });
});
