import { describe, expect, it, test } from 'vitest';
import { enter, isOpenOccurrence, occurrenceStatuses } from './schedule.ts';

describe('an occurrence', () => {
  const idle = { experiment: 'somebodys' };

  it.each(['skip', 'queue', 'replace'] as const)('with %s enters a free workspace', (overlap) => {
    expect(enter(overlap, undefined, true)).toEqual({ enters: true });
  });

  it('replaces what is alive only if it is to', () => {
    expect(enter('replace', idle, false)).toEqual({ enters: true });
    expect(enter('skip', idle, false)).toMatchObject({ enters: false, status: 'skipped' });
    expect(enter('queue', idle, false)).toMatchObject({ enters: false, status: 'waiting' });
  });

  it('waits for nobody who waits already', () => {
    expect(enter('queue', idle, true)).toMatchObject({ enters: false, status: 'skipped' });
  });

  it('tells which operation is in its way', () => {
    expect(enter('skip', { ...idle, activeOperation: 3 }, false)).toMatchObject({
      reason: 'experiment somebodys is alive in the workspace, in operation 3',
    });
  });
});

test('there is something left to do for occurrences that are due, wait or run', () => {
  const open = occurrenceStatuses.filter((status) => isOpenOccurrence({ status }));
  expect(open).toEqual(['due', 'waiting', 'running']);
});
