import type { EpochResult } from '../../domain/run.ts';

/** Results as CSV with the columns of `get_results`: run, epoch, train loss, then every metric that occurs. */
export const resultsCsv = (results: readonly EpochResult[]): string => {
  const metrics = [...new Set(results.flatMap((result) => Object.keys(result.metrics)))];
  const header = ['run_id', 'epoch', 'train_loss', ...metrics];
  const rows = results.map((result) => [
    result.runId,
    result.epoch,
    result.trainLoss,
    ...metrics.map((name) => result.metrics[name] ?? ''),
  ]);
  return [header, ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');
};

/** A field as RFC 4180 wants it. */
const quoted = (field: string | number): string => {
  const text = String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
