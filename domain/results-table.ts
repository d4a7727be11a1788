import type { EpochResult, MetricValue } from './run.ts';
import type { Table } from './table.ts';
import { column } from './table.ts';

/** The columns of `get_results`: run, epoch, train loss, then every metric that occurs, `val_loss` first. */
export const resultsTable = (results: readonly EpochResult[]): Table => [
  column(results, 'run_id', 'integer', ({ runId }) => runId),
  column(results, 'epoch', 'integer', ({ epoch }) => epoch),
  column(results, 'train_loss', 'number', ({ trainLoss }) => Number(trainLoss)),
  ...metricNames(results).map((name) =>
    column(results, name, 'number', ({ metrics }) => numberOf(metrics[name])),
  ),
];

const numberOf = (value: MetricValue | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);

const metricNames = (results: readonly EpochResult[]): readonly string[] => {
  const names = new Set<string>();
  for (const { metrics } of results) for (const name of Object.keys(metrics)) names.add(name);
  return names.delete(first) ? [first, ...names] : [...names];
};

const first = 'val_loss';
