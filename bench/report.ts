import type { Detail, Figure, Measured } from './figure.ts';
import { isMet, measuredText, targetText } from './figure.ts';

interface Circumstances {
  readonly command: string;
  readonly date: string;
  readonly machine: readonly string[];
}

/** The one table: every figure beside its target. */
export const tableOf = (figures: readonly Figure[]): string =>
  table(
    ['What', 'Measured', 'Target', 'Met', 'From'],
    figures.map((figure) => [
      figure.what,
      measuredText(figure),
      targetText(figure),
      isMet(figure) ? 'yes' : '**missed**',
      figure.from,
    ]),
  );

/** What `bench/RESULTS.md` holds. */
export const resultsPage = (
  { figures, details }: Measured,
  { command, date, machine }: Circumstances,
): string =>
  [
    '# What `npm run bench` measured',
    `\`${command}\`, ${date}.`,
    machine.map((line) => `- ${line}`).join('\n'),
    tableOf(figures),
    ...figures.filter((figure) => !isMet(figure)).map(missed),
    ...details.map(detail),
  ]
    .join('\n\n')
    .concat('\n');

const missed = (figure: Figure): string =>
  `**Missed: ${figure.what}** (${measuredText(figure)}, target ${targetText(figure)}). ${figure.why}`;

const detail = ({ title, header, rows }: Detail): string => `## ${title}\n\n${table(header, rows)}`;

/** Markdown whose columns line up, so that it also reads well in a terminal. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join(
    '\n',
  );
};
