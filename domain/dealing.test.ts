import { describe, expect, test } from 'vitest';
import { deal, isIdle, leaveRung, nothingDealt, recall, runIdsIn, takeBack } from './dealing.ts';
import type { Run } from './run.ts';
import type { Bracket } from './sha.ts';

const bracket: Bracket = {
  metric: 'val_loss',
  mode: 'min',
  eta: 3,
  minEpochs: 1,
  maxEpochs: 9,
  firstRunId: 2,
  runCount: 8,
};

const run = (runId: number, more: Partial<Run> = {}): Run => ({
  workspace: 'default',
  experiment: 'e',
  runId,
  operation: 1,
  dataHandleId: 'dh-1',
  worker: 1,
  config: {},
  status: 'ongoing',
  source: 'sha',
  completedEpochs: 0,
  rung: 1,
  attempts: 1,
  fruitlessAttempts: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  runtimeSeconds: 0,
  ...more,
});
const arrived = (runId: number, epoch = 1) =>
  run(runId, { rung: epoch, checkpoint: { prefix: 'p/', epoch, chunk: 0 } });

/** Runs 1 to 3 are held, 4 and 5 wait. */
const dealt = deal(nothingDealt([1, 2, 3, 4, 5]), [1, 2, 3]);

describe('dealing', () => {
  test('hands over what wants training, lets go of what is over, and leaves what is not ready', () => {
    expect(deal(nothingDealt([4, 5, 6]), [5], [4])).toMatchObject({ waiting: [6], held: [5] });
    expect(deal(dealt, [5], [4])).toEqual({ ...dealt, waiting: [], held: [1, 2, 3, 5], last: [5] });
  });

  test('gives what a lost engine held to the next one, first', () => {
    expect(recall(dealt)).toEqual(nothingDealt([1, 2, 3, 4, 5]));
    expect(recall(recall(dealt))).toEqual(recall(dealt));
  });

  test('keeps every run in one place', () => {
    const later = takeBack(dealt, [arrived(3), run(2)], [bracket]);
    expect([...runIdsIn(later)].sort()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a run told of', () => {
  test('is out of the engine’s hands when it is over', () => {
    const completed = run(1, { status: 'completed', rung: undefined });
    expect(takeBack(dealt, [completed, run(2)], [bracket])).toEqual({ ...dealt, held: [2, 3] });
  });

  test('stands with the others of its bracket that came as far', () => {
    const two = takeBack(dealt, [arrived(2), arrived(3)], [bracket]);
    expect(two.held).toEqual([1]);
    expect(two.atRungs).toEqual([{ bracket: 0, epoch: 1, runIds: [2, 3] }]);
    const further = takeBack({ ...two, held: [1, 4] }, [arrived(4, 3)], [bracket]);
    expect(further.atRungs).toEqual([
      { bracket: 0, epoch: 1, runIds: [2, 3] },
      { bracket: 0, epoch: 3, runIds: [4] },
    ]);
  });

  test('is taken back once, however often it is told of', () => {
    const once = takeBack(dealt, [arrived(2)], [bracket]);
    expect(takeBack(once, [arrived(2)], [bracket])).toBe(once);
  });
});

describe('leaving a rung', () => {
  const standing = takeBack(dealt, [arrived(2), arrived(3)], [bracket]);
  const [all] = standing.atRungs;

  test('puts those that go on ahead of those that wait, and forgets the others', () => {
    const left = leaveRung(standing, { ...all, bracket: 0, epoch: 1, runIds: [2, 3] }, [3]);
    expect(left).toMatchObject({ waiting: [3, 4, 5], atRungs: [] });
  });

  test('can be done by parts', () => {
    const left = leaveRung(standing, { bracket: 0, epoch: 1, runIds: [2] }, [2]);
    expect(left.atRungs).toEqual([{ bracket: 0, epoch: 1, runIds: [3] }]);
  });

  test('ends the idleness of a worker with nothing else to do', () => {
    const idle = { ...standing, waiting: [], held: [] };
    expect(isIdle(idle)).toBe(true);
    expect(isIdle(leaveRung(idle, { bracket: 0, epoch: 1, runIds: [2, 3] }, [2]))).toBe(false);
    expect(isIdle(leaveRung(idle, { bracket: 0, epoch: 1, runIds: [2, 3] }, []))).toBe(false);
  });
});
