import type { ColumnSource } from 'hyparquet-writer';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Cell, Column, ColumnKind, Table } from '../../domain/table.ts';

interface ParquetType {
  readonly type: NonNullable<ColumnSource['type']>;
  readonly encode: (cell: NonNullable<Cell>) => unknown;
}

const asIs = (cell: NonNullable<Cell>) => cell;

/** Whole numbers of 64 bits and times in milliseconds, which pandas reads as int64 and as datetimes in UTC. */
const types: Readonly<Record<ColumnKind, ParquetType>> = {
  integer: { type: 'INT64', encode: (cell) => BigInt(Number(cell)) },
  number: { type: 'DOUBLE', encode: asIs },
  boolean: { type: 'BOOLEAN', encode: asIs },
  text: { type: 'STRING', encode: asIs },
  instant: { type: 'TIMESTAMP', encode: (cell) => new Date(String(cell)) },
};

/** A table as a Parquet file; a cell that holds nothing is null. */
export const parquetOf = (table: Table): Uint8Array =>
  new Uint8Array(parquetWriteBuffer({ columnData: table.map(columnSource) }));

const columnSource = ({ name, kind, cells }: Column): ColumnSource => {
  const { type, encode } = types[kind];
  return { name, type, data: cells.map((cell) => (cell === undefined ? null : encode(cell))) };
};
