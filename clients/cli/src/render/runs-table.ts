import type { ResultResource, RunResource } from '../../../../contract/resources.ts';
import { knobColumns } from './knobs.ts';
import type { Style } from './paint.ts';
import type { Column } from './table.ts';
import { clock, measured, money } from './words.ts';

type Run = RunResource;

/** The newest result of each run. */
export type Latest = ReadonlyMap<number, ResultResource>;

export const latestOf = (results: Iterable<ResultResource>): Latest =>
  new Map([...results].map((result) => [result.runId, result]));

const statusStyles: Record<Run['status'], Style> = {
  new: 'dim',
  ongoing: 'cyan',
  stopped: 'yellow',
  completed: 'green',
  failed: 'red',
  deleted: 'dim',
};

const statusStyle = ({ status }: Pick<Run, 'status'>): Style => statusStyles[status];

const longestStatus = 'completed'.length;

/** What gives way first on a narrow screen has the highest rank; what runs are judged by stays. */
const ranks = { from: 6, cost: 5, runtime: 4, epoch: 3, metric: 2, knob: 1 } as const;

/** The columns of a table of runs, with the metrics of their newest epochs. */
export const runColumns = (runs: readonly Run[], latest: Latest): readonly Column<Run>[] => [
  { title: 'run', side: 'right', text: ({ runId }) => String(runId) },
  ...knobColumns(runs).map(
    ({ name, isNumber, text }): Column<Run> => ({
      title: name,
      text,
      rank: ranks.knob,
      least: 6,
      side: isNumber ? 'right' : 'left',
    }),
  ),
  { title: 'status', text: ({ status }) => status, style: statusStyle, atLeast: longestStatus },
  { title: 'epochs', text: epochs, side: 'right' },
  { title: 'this epoch', text: chunks, side: 'right', rank: ranks.epoch },
  { title: 'runtime', text: runtime, side: 'right', rank: ranks.runtime },
  { title: 'cost', text: ({ costUsd }) => money(costUsd), side: 'right', rank: ranks.cost },
  ...metricColumns(latest),
  { title: 'from', text: origin, rank: ranks.from },
];

export const epochs = ({ completedEpochs, config }: Run): string =>
  `${completedEpochs}/${epochsOf(config)}`;

export const epochsOf = (config: Run['config']): number => {
  const train = config['train'];
  const asked = typeof train === 'object' && train !== null && 'epochs' in train && train.epochs;
  return typeof asked === 'number' ? asked : 0;
};

const chunks = ({ status, progress }: Run): string =>
  status === 'ongoing' && progress && progress.chunk > 0
    ? `${progress.chunk}/${progress.chunks}`
    : '';

const runtime = ({ runtimeSeconds }: Run): string =>
  runtimeSeconds > 0 ? clock(runtimeSeconds) : '';

const origin = ({ clonedFrom, warmStarted, source }: Run): string => {
  if (clonedFrom !== undefined) return `${warmStarted ? 'warm' : 'cold'} clone of ${clonedFrom}`;
  return source === 'sha' ? 'SHA' : '';
};

/** `val_loss` first of the validation metrics, then the others as they first appear. */
export const metricNames = (
  results: Iterable<Pick<ResultResource, 'metrics'>>,
): readonly string[] => {
  const names = new Set([...results].flatMap(({ metrics }) => Object.keys(metrics)));
  return [...names].sort((a, b) => Number(b === 'val_loss') - Number(a === 'val_loss'));
};

const metricColumns = (latest: Latest): readonly Column<Run>[] => {
  const [first, ...others] = metricNames(latest.values());
  const column = (title: string, value: (result: ResultResource) => string): Column<Run> => ({
    title,
    side: 'right',
    text: ({ runId }) => {
      const result = latest.get(runId);
      return result === undefined ? '' : value(result);
    },
  });
  const named = (name: string) => column(name, ({ metrics }) => measured(metrics[name]));
  const trainLoss = column('train_loss', (result) => measured(result.trainLoss));
  if (first === undefined) return [trainLoss];
  const rank = ranks.metric;
  return [
    { ...trainLoss, rank },
    named(first),
    ...others.map((name) => ({ ...named(name), rank })),
  ];
};
