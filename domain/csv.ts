import type { Cell, Table } from './table.ts';
import { rowsOf } from './table.ts';

/** A table as CSV (RFC 4180, with line feeds); numbers that are not finite in the words of JavaScript and pandas. */
export const csvOf = (table: Table): string => {
  const rows = Array.from({ length: rowsOf(table) }, (_, i) => table.map(({ cells }) => cells[i]));
  const header = table.map(({ name }) => name);
  return [header, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');
};

const field = (cell: Cell): string => {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
