import { describe, expect, it, test } from 'vitest';
import { expressionFaults, timezoneFaults } from './schedule-expression.ts';

describe('an expression', () => {
  it.each([
    'rate(1 minute)',
    'rate(90 days)',
    'cron(0 6 ? * MON *)',
    'cron(0/15 8-18 ? * MON-FRI 2027-2030)',
    'cron(30 4 L * ? *)',
    'cron(0 12 15W 1,7 ? *)',
    'cron(0 0 ? JAN-MAR/2 2#1 *)',
  ])('%s is taken', (expression) => {
    expect(expressionFaults(expression)).toEqual([]);
  });

  it.each([
    ['at(2027-01-01T00:00:00)', 'rate'],
    ['every day', 'rate'],
    ['rate(0 days)', 'whole number'],
    ['rate(1 days)', 'whole number'],
    ['rate(2 weeks)', 'whole number'],
    ['cron(0 6 * * *)', 'six fields'],
    ['cron(60 6 ? * MON *)', 'minutes'],
    ['cron(0 24 ? * MON *)', 'hours'],
    ['cron(0 6 32 * ? *)', 'day-of-month'],
    ['cron(0 6 ? FOO MON *)', 'month'],
    ['cron(0 6 ? * 8 *)', 'day-of-week'],
    ['cron(0 6 ? * MON 1969)', 'year'],
    ['cron(0/0 6 ? * MON *)', 'minutes'],
    ['cron(0 6 * * MON *)', 'must be ?'],
    ['cron(0 6 ? * ? *)', 'must be ?'],
  ])('%s is refused, and told why', (expression, why) => {
    expect(expressionFaults(expression)).toEqual([
      { pointer: '/expression', detail: expect.stringContaining(why) },
    ]);
  });
});

test.each(['UTC', 'Europe/Vienna', 'America/Argentina/Buenos_Aires', 'Etc/GMT+3'])(
  'the time zone %s is taken',
  (timezone) => expect(timezoneFaults(timezone)).toEqual([]),
);

test.each(['', 'Vienna', '+01:00', 'Europe/Wien'])('the time zone %j is refused', (timezone) =>
  expect(timezoneFaults(timezone)).toMatchObject([{ pointer: '/timezone' }]),
);
