import stringWidth from 'string-width';
import type { Canvas } from '../session.ts';
import type { Style } from './paint.ts';
import { cut, oneLine, pad } from './width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Numbers stand to the right. */
  readonly side?: 'left' | 'right';
  /** How narrow it may become; not narrower than its texts if left out. */
  readonly least?: number;
  /** How wide it is at least, so that it does not jump when its texts change. */
  readonly atLeast?: number;
  /** What gives way first when there is no room: the highest rank. Without one it stays. */
  readonly rank?: number;
  readonly style?: (row: Row) => Style | undefined;
}

const gap = 2;

interface Fitted<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

/** The lines of a table that is no wider than its canvas; columns without any text are left out. */
export const table = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  canvas: Canvas,
): readonly string[] => {
  const fitted = fit(
    columns.map((column) => ({ column, width: naturalWidth(column, rows) })),
    rows,
    canvas.width,
  );
  const head = line(
    fitted,
    ({ title }) => title,
    () => 'bold',
    canvas,
  );
  const body = rows.map((row) =>
    line(
      fitted,
      ({ text }) => oneLine(text(row)),
      ({ style }) => style?.(row),
      canvas,
    ),
  );
  return [head, ...body];
};

/** Without texts, or with nothing but a title. */
const naturalWidth = <Row>(column: Column<Row>, rows: readonly Row[]): number => {
  const { title, text, atLeast = 0 } = column;
  const widest = Math.max(0, ...rows.map((row) => stringWidth(oneLine(text(row)))));
  return widest === 0 && rows.length > 0 ? 0 : Math.max(stringWidth(title), widest, atLeast);
};

const total = (fitted: readonly Fitted<never>[] | readonly { readonly width: number }[]): number =>
  fitted.reduce((sum, { width }) => sum + width + gap, -gap);

const fit = <Row>(
  all: readonly Fitted<Row>[],
  rows: readonly Row[],
  room: number,
): readonly Fitted<Row>[] => {
  const filled = all.filter(({ width }) => width > 0);
  const shrunk = shrink(filled, total(filled) - room);
  if (total(shrunk) <= room) return shrunk;
  const last = Math.max(...filled.map(({ column }) => column.rank ?? 0));
  if (last > 0) return fit(dropOne(filled, last), rows, room);
  return shrink(
    filled.map(({ column, width }) => ({ column: { ...column, least: 1 }, width })),
    total(filled) - room,
  );
};

/** The rightmost of the columns that matter least. */
const dropOne = <Row>(fitted: readonly Fitted<Row>[], rank: number): readonly Fitted<Row>[] => {
  const at = fitted.findLastIndex(({ column }) => column.rank === rank);
  return fitted.toSpliced(at, 1);
};

/** Takes cells away from the widest that has some to give, until there are enough. */
const shrink = <Row>(fitted: readonly Fitted<Row>[], excess: number): readonly Fitted<Row>[] => {
  const widths = fitted.map(({ width }) => width);
  for (let left = excess; left > 0; left--) {
    const spare = widths.map((width, i) => (width > leastOf(fitted[i]) ? width : 0));
    const widest = Math.max(0, ...spare);
    if (widest === 0) break;
    widths[spare.indexOf(widest)] = widest - 1;
  }
  return fitted.map(({ column }, i) => ({ column, width: widths[i] ?? 0 }));
};

const leastOf = <Row>(fitted: Fitted<Row> | undefined): number =>
  fitted?.column.least ?? Number.POSITIVE_INFINITY;

const line = <Row>(
  fitted: readonly Fitted<Row>[],
  text: (column: Column<Row>) => string,
  style: (column: Column<Row>) => Style | undefined,
  { paint }: Canvas,
): string => {
  const cells = fitted.map(({ column, width }, i) => {
    const shown = cut(text(column), width);
    const isLast = i === fitted.length - 1;
    const padded =
      isLast && column.side !== 'right' ? shown : pad(shown, width, column.side ?? 'left');
    const chosen = style(column);
    return chosen === undefined ? padded : paint(chosen, padded);
  });
  return cells.join(' '.repeat(gap)).trimEnd();
};

/** Names and values below one another; long values go on in lines of their own. */
export const facts = (
  pairs: readonly (readonly [name: string, value: string | undefined])[],
  { paint }: Canvas,
): readonly string[] => {
  const told = pairs.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...told.map(([name]) => stringWidth(name)));
  return told.map(
    ([name, value = '']) => `${paint('bold', pad(name, width, 'left'))}  ${oneLine(value)}`,
  );
};
