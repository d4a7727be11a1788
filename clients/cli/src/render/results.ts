import type { ResultResource } from '../../../../contract/resources.ts';
import { metricNames } from './runs-table.ts';
import type { Column } from './table.ts';
import type { Metric } from './words.ts';
import { measured } from './words.ts';

/** A row per run and epoch: `train_loss`, then the metrics, `val_loss` first. */
export const resultColumns = (
  rows: readonly ResultResource[],
): readonly Column<ResultResource>[] => [
  { title: 'run', side: 'right', text: ({ runId }) => String(runId) },
  { title: 'epoch', side: 'right', text: ({ epoch }) => String(epoch) },
  { title: 'train_loss', side: 'right', text: ({ trainLoss }) => measured(trainLoss) },
  ...metricNames(rows).map(
    (name, i): Column<ResultResource> => ({
      title: name,
      side: 'right',
      rank: i + 1,
      text: ({ metrics }) => measured(metrics[name]),
    }),
  ),
];

/** The file that the service would export: numbers in full, what is not known empty. */
export const csvOf = (rows: readonly ResultResource[]): string => {
  const names = metricNames(rows);
  const head = ['run_id', 'epoch', 'train_loss', ...names].map(quoted);
  const lines = rows.map(({ runId, epoch, trainLoss, metrics }) =>
    [runId, epoch, trainLoss, ...names.map((name) => metrics[name])].map(cell),
  );
  return [head, ...lines].map((cells) => `${cells.join(',')}\n`).join('');
};

const cell = (value: Metric | undefined): string => (value === undefined ? '' : String(value));

/** RFC 4180. */
const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
