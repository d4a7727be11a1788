import { describe, expect, it } from 'vitest';
import { runOf } from '../adapters/testing/samples.ts';
import { bestRun, type Contest, judge } from './champion.ts';
import type { EpochResult, MetricValue, Run } from './run.ts';

const byLoss: Contest = { metric: 'val_loss', mode: 'min', tolerance: 0.1 };
const byAccuracy: Contest = { metric: 'val_acc', mode: 'max', tolerance: 0 };

const completed = (runId: number): Run => ({
  ...runOf({ workspace: 'vision', experiment: 'digits' }, runId),
  status: 'completed',
  checkpoint: { prefix: `runs/${runId}/`, epoch: 2, chunk: 0 },
});

const result = (
  runId: number,
  epoch: number,
  metrics: Readonly<Record<string, MetricValue>>,
): EpochResult => ({ runId, epoch, trainLoss: runId, metrics });

describe('the best run', () => {
  it('is judged by its last epoch', () => {
    const results = [
      result(1, 1, { val_loss: 0.1 }),
      result(1, 2, { val_loss: 0.5 }),
      result(2, 1, { val_loss: 0.9 }),
      result(2, 2, { val_loss: 0.4 }),
    ];
    expect(bestRun([completed(1), completed(2)], results, byLoss)?.runId).toBe(2);
  });

  it('is the one with the most where more is better', () => {
    const results = [result(1, 1, { val_acc: 0.1 }), result(2, 1, { val_acc: 0.5 })];
    expect(bestRun([completed(1), completed(2)], results, byAccuracy)?.runId).toBe(2);
  });

  it('is none that measured NaN or nothing while there are others, and the lower ID among equals', () => {
    const runs = [1, 2, 3, 4].map(completed);
    const results = [
      result(1, 1, { val_loss: 'NaN' }),
      result(2, 1, { val_acc: 1 }),
      result(3, 1, { val_loss: 7 }),
      result(4, 1, { val_loss: 7 }),
    ];
    expect(bestRun(runs, results, byLoss)?.runId).toBe(3);
  });

  it('is judged by its training loss where nothing was validated', () => {
    const results = [result(1, 1, {}), result(2, 1, {})];
    expect(bestRun([completed(2), completed(1)], results, byAccuracy)?.runId).toBe(1);
  });

  it('completed and has a checkpoint, or there is none', () => {
    const failed: Run = { ...completed(1), status: 'failed' };
    const bare: Run = { ...completed(2), checkpoint: undefined };
    expect(bestRun([failed, bare], [], byLoss)).toBeUndefined();
  });
});

describe('a challenger', () => {
  it('is promoted when it is better by more than the tolerance', () => {
    expect(judge(byLoss, { challenger: 0.5, champion: 0.75 })).toEqual({
      ...{ verdict: 'promoted', metric: 'test_loss' },
      ...{ challenger: 0.5, champion: 0.75, betterBy: 0.25 },
    });
    expect(judge(byAccuracy, { challenger: 0.75, champion: 0.5 })).toMatchObject({
      ...{ verdict: 'promoted', betterBy: 0.25 },
    });
  });

  it.each([
    [byLoss, 0.5, 0.5625],
    [byLoss, 0.75, 0.5],
    [byAccuracy, 0.5, 0.5],
  ] as const)('leaves the champion where it is not (%#)', (contest, challenger, champion) => {
    expect(judge(contest, { challenger, champion }).verdict).toBe('kept');
  });

  it('is the first champion, if it measured something', () => {
    expect(judge(byLoss, { challenger: 9 })).toEqual({
      ...{ verdict: 'promoted', metric: 'test_loss', challenger: 9 },
    });
    expect(judge(byLoss, { challenger: 'NaN' }).verdict).toBe('kept');
  });

  it('is never promoted with NaN, and always over NaN', () => {
    expect(judge(byLoss, { challenger: 'NaN', champion: 3 }).verdict).toBe('kept');
    expect(judge(byLoss, { challenger: 'NaN', champion: 'NaN' }).verdict).toBe('kept');
    const over = judge(byLoss, { challenger: 5, champion: 'NaN', note: 'its test failed' });
    expect(over).toMatchObject({ verdict: 'promoted', note: 'its test failed' });
    expect(over.betterBy).toBeUndefined();
  });
});
