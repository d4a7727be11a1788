import { expect, test } from 'vitest';
import type { Figure } from './figure.ts';
import { isMet, measuredText, targetText } from './figure.ts';

const figure = (value: number, target: Figure['target'], unit: Figure['unit']): Figure => ({
  what: 'a trial',
  value,
  unit,
  target,
  from: '',
  why: '',
});

test('a target is met at its very value, and missed beyond it', () => {
  expect(isMet(figure(1.03, { atMost: 1.03 }, 'times'))).toBe(true);
  expect(isMet(figure(1.031, { atMost: 1.03 }, 'times'))).toBe(false);
  expect(isMet(figure(8, { atLeast: 8 }, 'times faster'))).toBe(true);
  expect(isMet(figure(7.9, { atLeast: 8 }, 'times faster'))).toBe(false);
});

test('value and target are told in the same unit', () => {
  const overhead = figure(1.0234, { atMost: 1.03 }, 'times');
  expect([measuredText(overhead), targetText(overhead)]).toEqual(['1.023 ×', '≤ 1.03 ×']);
  const speed = figure(8.04, { atLeast: 8 }, 'times faster');
  expect([measuredText(speed), targetText(speed)]).toEqual(['8 ×', '≥ 8 ×']);
  const size = figure(449.6, { atMost: 450 }, 'KB');
  expect([measuredText(size), targetText(size)]).toEqual(['450 KB', '≤ 450 KB']);
});
