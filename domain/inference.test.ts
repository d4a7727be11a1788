import { describe, expect, test } from 'vitest';
import type { Inference, InferenceReport } from './inference.ts';
import { failInference, hearInference, isOver, loseInference, newInference } from './inference.ts';

const told = (done: number, more: Partial<InferenceReport> = {}): InferenceReport => ({
  status: 'ongoing',
  progress: { done, of: 10 },
  ...more,
});
const heard = (...reports: readonly InferenceReport[]): Inference =>
  reports.reduce(hearInference, newInference);

describe('a report', () => {
  test('tells how far the newest attempt is', () => {
    expect(heard(told(3), told(1))).toMatchObject({ progress: { done: 1, of: 10 }, furthest: 3 });
  });

  test('that comes after the outcome changes nothing', () => {
    const completed = heard(told(10, { status: 'completed', metrics: { test_loss: 1 } }));
    expect(hearInference(completed, told(2))).toEqual(completed);
    expect(isOver(completed)).toBe(true);
  });
});

describe('a lost attempt', () => {
  test('is followed by another, which starts anew', () => {
    expect(loseInference(heard(told(5)), 'killed')).toMatchObject({
      status: 'ongoing',
      fruitlessAttempts: 1,
    });
  });

  test('is the last of three in a row that got no further', () => {
    let inference = heard(told(5));
    for (const reason of ['one', 'two']) {
      inference = hearInference(loseInference(inference, reason), told(5));
    }
    expect(inference.status).toBe('ongoing');
    const failed = loseInference(inference, 'three');
    expect(failed).toMatchObject({ status: 'failed', progress: { done: 5, of: 10 } });
    expect(failed.error?.message).toContain('3 times in a row');
    expect(failed.error?.message).toContain('the last time: three');
  });

  test('counts for nothing when it got further than those before', () => {
    let inference = heard(told(1));
    for (const done of [2, 3, 4, 5]) {
      inference = hearInference(loseInference(inference, 'reclaimed'), told(done));
    }
    expect(inference).toMatchObject({ status: 'ongoing', fruitlessAttempts: 0, furthest: 5 });
  });

  test('does not undo an outcome', () => {
    const completed = heard(told(10, { status: 'completed' }));
    expect(loseInference(completed, 'killed')).toEqual(completed);
    expect(failInference(completed, 'no')).toEqual(completed);
  });
});
