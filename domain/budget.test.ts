import { expect, test } from 'vitest';
import { budgetOf, isUsedUp } from './budget.ts';
import { usdOf } from './cost.ts';
import { DomainError } from './domain-error.ts';

test('GPU hours are seconds, and money buys them at the price of the day', () => {
  expect(budgetOf({ gpuHours: 2 }, 0.5)).toEqual({ gpuSeconds: 7200 });
  expect(budgetOf({ usd: 5 }, 0.5)).toEqual({ gpuSeconds: 36_000, usd: 5 });
  expect(usdOf(budgetOf({ usd: 5 }, 0.526).gpuSeconds, 0.526)).toBeCloseTo(5, 12);
});

test('money buys nothing where no price is known', () => {
  expect(budgetOf({ gpuHours: 1 }, 0)).toEqual({ gpuSeconds: 3600 });
  expect(() => budgetOf({ usd: 1 }, 0)).toThrow(DomainError);
  expect(usdOf(3600, 0)).toBeUndefined();
});

test('a budget is used up when the training told of reaches it', () => {
  const budget = budgetOf({ gpuHours: 1 / 3600 }, 1);
  expect([0, 0.9, 1, 1.1].map((seconds) => isUsedUp(budget, seconds))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
