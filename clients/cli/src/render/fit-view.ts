import type { OperationResource, RunResource } from '../../../../contract/resources.ts';
import { isActive, operationName } from '../operations.ts';
import type { Canvas } from '../session.ts';
import type { Latest } from './runs-table.ts';
import { epochs, epochsOf, runColumns } from './runs-table.ts';
import { table } from './table.ts';
import { cut, oneLine } from './width.ts';
import { clock, counted, measured } from './words.ts';

/** A fit as last seen: itself, its runs, the newest result of each. */
export interface FitView {
  readonly operation: OperationResource;
  readonly runs: readonly RunResource[];
  readonly latest: Latest;
}

type Status = RunResource['status'];

/** In the order in which they are counted. */
const statuses = ['ongoing', 'new', 'completed', 'stopped', 'failed', 'deleted'] as const;

/** What a user wants to see first when not every run fits on the screen. */
const interest: Record<Status, number> = {
  ongoing: 0,
  failed: 1,
  completed: 2,
  stopped: 3,
  new: 4,
  deleted: 5,
};

const mostFailures = 5;
const barCells = 40;

/** The fit as lines that fit the canvas, with at most so many runs. */
export const fitLines = (
  view: FitView,
  canvas: Canvas,
  most = view.runs.length,
): readonly string[] => {
  const shown = interesting(view, most);
  const lines = [summary(view), ...(isActive(view.operation) ? [bar(view, canvas)] : [])];
  const runs = shown.length === 0 ? [] : table(runColumns(shown, view.latest), shown, canvas);
  const [head = '', ...rest] = lines.map((line) => cut(line, canvas.width));
  const below = notes(view, shown.length).map((note) => cut(oneLine(note), canvas.width));
  return [canvas.paint('bold', head), ...rest, ...runs, ...below];
};

/** The runs to show when only so many fit: at work, failed, then the best; by run ID. */
export const interesting = ({ runs, latest }: FitView, most: number): readonly RunResource[] => {
  const loss = (run: RunResource): number => lossOf(latest, run) ?? Number.POSITIVE_INFINITY;
  const order = (a: RunResource, b: RunResource): number =>
    interest[a.status] - interest[b.status] || compare(loss(a), loss(b)) || a.runId - b.runId;
  return [...runs]
    .sort(order)
    .slice(0, most)
    .sort((a, b) => a.runId - b.runId);
};

/** Infinity less infinity is no number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

const lossOf = (latest: Latest, { runId }: RunResource): number | undefined => {
  const result = latest.get(runId);
  const loss = result?.metrics['val_loss'] ?? result?.trainLoss;
  return typeof loss === 'number' ? loss : undefined;
};

export const summary = ({ operation, runs }: FitView): string => {
  const count = (status: Status): number =>
    runs.filter((run) => run.status === status).length + (status === 'new' ? unknown : 0);
  const unknown = Math.max(0, (operation.runCount ?? 0) - runs.length);
  const told = statuses
    .filter((status) => count(status) > 0)
    .map((status) => `${count(status)} ${status}`);
  const total = counted(runs.length + unknown, 'run');
  return `${operationName(operation)} ${operation.status} · ${elapsed(operation)} · ${total}: ${told.join(', ')}`;
};

const elapsed = ({ startedAt, endedAt }: OperationResource): string => {
  if (startedAt === undefined) return '0:00';
  const until = endedAt === undefined ? Date.now() : Date.parse(endedAt);
  return clock((until - Date.parse(startedAt)) / 1000);
};

/** How much of its work a fit has done, between 0 and 1. */
export const shareDone = ({ operation, runs }: FitView): number => {
  const shares = runs.map(shareOf);
  return (
    shares.reduce((sum, share) => sum + share, 0) /
    Math.max(1, operation.runCount ?? 0, runs.length)
  );
};

const shareOf = ({ status, completedEpochs, progress, config }: RunResource): number => {
  if (status !== 'new' && status !== 'ongoing') return 1;
  const inside = progress && progress.chunks > 0 ? progress.chunk / progress.chunks : 0;
  return Math.min(1, (completedEpochs + inside) / Math.max(1, epochsOf(config)));
};

const bar = (view: FitView, { width, paint }: Canvas): string => {
  const share = shareDone(view);
  const cells = Math.min(barCells, width - 6);
  const filled = Math.floor(cells * share);
  const label = `${Math.floor(100 * share)}%`;
  return `${paint('cyan', '━'.repeat(filled))}${paint('dim', '─'.repeat(cells - filled))} ${label}`;
};

const notes = (view: FitView, shown: number): readonly string[] => {
  const { operation, runs, latest } = view;
  const failed = runs.filter(({ status }) => status === 'failed');
  return [
    ...(isActive(operation) && runs.every(({ status }) => status === 'new')
      ? [`Waiting for the first worker${waitOf(operation)}`]
      : []),
    ...(shown < runs.length
      ? [`${shown} of ${runs.length} runs shown; \`fanfold runs\` has all`]
      : []),
    ...failed.slice(0, mostFailures).map(failure),
    ...(failed.length > mostFailures
      ? [`${failed.length - mostFailures} more runs failed; see \`fanfold runs\``]
      : []),
    ...(isActive(operation) ? [] : best(runs, latest)),
  ];
};

/** What AWS Batch says of the jobs that wait. */
const waitOf = ({ jobs }: OperationResource): string => {
  const waiting = jobs.filter(({ status }) => status !== 'RUNNING');
  const [first] = waiting;
  return first === undefined ? '' : ` (${first.status}${first.reason ? `: ${first.reason}` : ''})`;
};

/** A failed run's one sentence. */
const failure = ({ runId, error }: RunResource): string => {
  const more =
    error?.traceback === undefined ? '' : `; \`fanfold runs show ${runId}\` has its traceback`;
  return `Run ${runId} failed: ${error?.message ?? 'no reason is known'}${more}`;
};

const best = (runs: readonly RunResource[], latest: Latest): readonly string[] => {
  const known = runs.filter((run) => lossOf(latest, run) !== undefined);
  const [first] = known.sort((a, b) => (lossOf(latest, a) ?? 0) - (lossOf(latest, b) ?? 0));
  if (first === undefined) return [];
  const name = 'val_loss' in (latest.get(first.runId)?.metrics ?? {}) ? 'val_loss' : 'train_loss';
  return [`Run ${first.runId} ended with the lowest ${name}, ${measured(lossOf(latest, first))}`];
};

/** What a file or a pipe is told of a run; it stays the same until there is news. */
export const runLine = (run: RunResource, latest: Latest): string => {
  const result = latest.get(run.runId);
  const metrics =
    result === undefined
      ? []
      : [['train_loss', result.trainLoss] as const, ...Object.entries(result.metrics)];
  const told = metrics.map(([name, value]) => `, ${name} ${measured(value)}`).join('');
  return `run ${run.runId}: ${run.status}, epoch ${epochs(run)}${told}`;
};
