import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Table } from '../../domain/table.ts';
import { parquetOf } from './parquet.ts';

const table: Table = [
  { name: 'n', kind: 'integer', cells: [1, 2 ** 40, undefined] },
  { name: 'x', kind: 'number', cells: [0.1, Number.NaN, Number.NEGATIVE_INFINITY] },
  { name: 'b', kind: 'boolean', cells: [true, false, true] },
  { name: 't', kind: 'text', cells: ['', 'ä"\n', undefined] },
  { name: 'at', kind: 'instant', cells: ['2026-01-02T03:04:05.678Z', undefined, undefined] },
];

/** What Apache Arrow reads of a file: its types and its rows. */
const readByArrow = (file: Uint8Array): unknown => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-parquet-'));
  const path = join(folder, 'table.parquet');
  writeFileSync(path, file);
  const program = `
import json, sys, pyarrow.parquet
table = pyarrow.parquet.read_table(sys.argv[1])
types = {field.name: str(field.type) for field in table.schema}
print(json.dumps([types, table.to_pylist()], default=str).replace("NaN", '"NaN"').replace("-Infinity", '"-Infinity"'))`;
  try {
    return JSON.parse(
      execFileSync('.venv/bin/python', ['-c', program, path], { encoding: 'utf8' }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const types = {
  n: 'int64',
  x: 'double',
  b: 'bool',
  t: 'string',
  at: 'timestamp[ms, tz=UTC]',
};

test('Apache Arrow reads every kind of column, and nothing as null', () => {
  expect(readByArrow(parquetOf(table))).toEqual([
    types,
    [
      { n: 1, x: 0.1, b: true, t: '', at: '2026-01-02 03:04:05.678000+00:00' },
      { n: 2 ** 40, x: 'NaN', b: false, t: 'ä"\n', at: null },
      { n: null, x: '-Infinity', b: true, t: null, at: null },
    ],
  ]);
});

test('a table without rows keeps its columns', () => {
  const empty = table.map((column) => ({ ...column, cells: [] }));
  expect(readByArrow(parquetOf(empty))).toEqual([types, []]);
});
