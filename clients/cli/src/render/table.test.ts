import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { paintOn } from './paint.ts';
import type { Column } from './table.ts';
import { facts, table } from './table.ts';

const plain = (_: unknown, text: string): string => text;
const coloured = paintOn({ write: () => true }, { env: { FORCE_COLOR: '1' } });

interface Row {
  readonly run: number;
  readonly name: string;
  readonly loss: string;
}
const columns: readonly Column<Row>[] = [
  { title: 'run', side: 'right', text: ({ run }) => String(run) },
  { title: 'name', text: ({ name }) => name, least: 6, rank: 1, style: () => 'red' },
  { title: 'loss', side: 'right', text: ({ loss }) => loss, rank: 2 },
];
const rows = [
  { run: 1, name: 'a network with a long name', loss: '0.5000' },
  { run: 12, name: '宽度很大的网络', loss: '' },
];
const drawn = (width: number) => table(columns, rows, { width, paint: plain });

test('numbers stand to the right, and wide letters take two cells', () => {
  expect(drawn(80)).toEqual([
    'run  name                          loss',
    '  1  a network with a long name  0.5000',
    ' 12  宽度很大的网络',
  ]);
});

test('what has some to give is cut before anything is left out', () => {
  expect(drawn(20)).toEqual(['run  name       loss', '  1  a netw…  0.5000', ' 12  宽度很…']);
});

test('then the columns that matter least give way', () => {
  expect(drawn(16)).toEqual(['run  name', '  1  a network …', ' 12  宽度很大的…']);
  expect(drawn(8)).toEqual(['run', '  1', ' 12']);
});

test('a column without any text is left out, and a text cannot break its row', () => {
  const odd = [{ run: 1, name: 'two\nlines\u001b[31m and\ta tab', loss: '' }];
  expect(table(columns, odd, { width: 80, paint: plain })).toEqual([
    'run  name',
    '  1  two lines and a tab',
  ]);
});

test('a table without rows has its titles', () => {
  expect(table(columns, [], { width: 80, paint: plain })).toEqual(['run  name  loss']);
});

test('no line is ever wider than the canvas, in whatever language and colour', () => {
  const row = fc.record({
    run: fc.nat(99_999),
    name: fc.string({ unit: 'grapheme', maxLength: 60 }),
    loss: fc.string({ maxLength: 12 }),
  });
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 5 }),
      fc.integer({ min: 8, max: 200 }),
      (some, width) => {
        const lines = table(columns, some, { width, paint: coloured });
        for (const line of lines) {
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
          expect(stripVTControlCharacters(line)).not.toMatch(/[\n\r]/);
        }
      },
    ),
  );
});

test('facts leave out what is not known', () => {
  const pairs = [
    ['run', '1'],
    ['cost', undefined],
    ['status', 'new'],
    ['error', ''],
  ] as const;
  expect(facts(pairs, { width: 80, paint: plain })).toEqual(['run     1', 'status  new']);
});
