import type { OperationResource } from '../../../../contract/resources.ts';
import type { Canvas } from '../session.ts';
import type { Style } from './paint.ts';
import type { Column } from './table.ts';
import { facts, table } from './table.ts';
import { clock, counted, measured, moment } from './words.ts';

type Operation = OperationResource;

const statusStyles: Record<Operation['status'], Style> = {
  pending: 'dim',
  running: 'cyan',
  cancelling: 'yellow',
  completed: 'green',
  cancelled: 'yellow',
  failed: 'red',
};

export const operationColumns: readonly Column<Operation>[] = [
  { title: 'operation', side: 'right', text: ({ operation }) => String(operation) },
  { title: 'kind', text: ({ kind }) => kind },
  { title: 'status', text: ({ status }) => status, style: ({ status }) => statusStyles[status] },
  { title: 'created', text: ({ createdAt }) => moment(createdAt), rank: 2 },
  { title: 'took', side: 'right', text: (operation) => took(operation) ?? '', rank: 1 },
  { title: 'about', text: (operation) => about(operation), least: 12 },
];

/** Everything of an operation that one reads. */
export const operationFacts = (operation: Operation, canvas: Canvas): readonly string[] => [
  ...facts(
    [
      ['operation', `${operation.operation}, ${operation.kind}`],
      ['status', operation.status],
      ['about', about(operation)],
      ['created', moment(operation.createdAt)],
      ['took', took(operation)],
      ['data handle', operation.dataHandleId],
      ['executor', operation.executor],
      ['plan', planOf(operation)],
      ['predictions', operation.predictions?.uri],
      ['artifacts', operation.artifactsUri],
      ['error', operation.error],
      ['error type', operation.errorType],
    ],
    canvas,
  ),
  ...metricLines(operation, canvas),
];

export const metricLines = ({ metrics }: Operation, canvas: Canvas): readonly string[] =>
  metrics === undefined
    ? []
    : table(
        [
          { title: 'metric', text: ([name]) => name },
          { title: 'value', text: ([, value]) => measured(value), side: 'right' },
        ],
        Object.entries(metrics),
        canvas,
      );

const took = ({ startedAt, endedAt }: Operation): string | undefined => {
  if (startedAt === undefined) return undefined;
  return clock(((endedAt ? Date.parse(endedAt) : Date.now()) - Date.parse(startedAt)) / 1000);
};

const planOf = ({ plan }: Operation): string | undefined =>
  plan &&
  `${counted(plan.workers, 'worker')}, at most ${counted(plan.runsPerWorker, 'run')} each (${plan.reason})`;

const about = ({ runCount, firstRunId, model, error, artifactsUri }: Operation): string => {
  if (error !== undefined) return error;
  if (runCount !== undefined) return `${counted(runCount, 'run')} from run ${firstRunId}`;
  if (model !== undefined) return modelText(model);
  return artifactsUri ?? '';
};

/** The checkpoint that a test or a prediction uses. */
export const modelText = (model: NonNullable<Operation['model']>): string => {
  if ('modelTag' in model) return model.modelTag;
  const { runId, choice, epoch, chunk } = model;
  const place = chunk > 0 ? `epoch ${epoch} and ${counted(chunk, 'chunk')}` : `epoch ${epoch}`;
  return `the ${choice} checkpoint of run ${runId}, after ${place}`;
};
