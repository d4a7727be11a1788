import { expect, test } from 'vitest';
import type { Figure } from './figure.ts';
import { resultsPage, tableOf } from './report.ts';

const met: Figure = {
  what: 'A quick thing',
  value: 1.01,
  unit: 'times',
  target: { atMost: 1.03 },
  from: '1.01 s against 1 s',
  why: 'It never is.',
};
const missed: Figure = { ...met, what: 'A slow thing', value: 2, why: 'It waits.' };

test('the table holds every figure beside its target, in columns that line up', () => {
  expect(tableOf([met, missed]).split('\n')).toEqual([
    '| What          | Measured | Target   | Met        | From               |',
    '| ------------- | -------- | -------- | ---------- | ------------------ |',
    '| A quick thing | 1.01 ×   | ≤ 1.03 × | yes        | 1.01 s against 1 s |',
    '| A slow thing  | 2 ×      | ≤ 1.03 × | **missed** | 1.01 s against 1 s |',
  ]);
});

test('the page says of what was missed why, and of nothing else', () => {
  const details = [{ title: 'More', header: ['Name'], rows: [['one']] }];
  const page = resultsPage(
    { figures: [met, missed], details },
    { command: 'npm run bench', date: '2026-01-02', machine: ['2 cores'] },
  );
  expect(page).toContain('`npm run bench`, 2026-01-02.\n\n- 2 cores');
  expect(page).toContain('**Missed: A slow thing** (2 ×, target ≤ 1.03 ×). It waits.');
  expect(page).not.toContain('It never is.');
  expect(page).toContain('## More\n\n| Name |\n| ---- |\n| one  |\n');
});
