/** What a cell may hold; `undefined` is none of it. */
export type Cell = string | number | boolean | undefined;

/** How a column is typed where types are kept; the others of a cell's kinds do not occur in it. */
export type ColumnKind = 'integer' | 'number' | 'boolean' | 'text' | 'instant';

/** A column's values, one per row. */
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly cells: readonly Cell[];
}

/** A table by its columns, all of one length; the form in which it is exported. */
export type Table = readonly Column[];

/** How many rows a table has. */
export const rowsOf = (table: Table): number => table[0]?.cells.length ?? 0;

/** A column of what each row has under a name. */
export const column = <Row>(
  rows: readonly Row[],
  name: string,
  kind: ColumnKind,
  cell: (row: Row) => Cell,
): Column => ({ name, kind, cells: rows.map(cell) });
