import { stringify } from 'yaml';
import type { ResultResource, RunResource } from '../../../../contract/resources.ts';
import type { Canvas } from '../session.ts';
import { epochs } from './runs-table.ts';
import { facts } from './table.ts';
import { harmless } from './width.ts';
import { clock, measured, moment, money } from './words.ts';

/** Everything of a run that one reads, its config as YAML, and why it failed. */
export const runFacts = (
  run: RunResource,
  newest: ResultResource | undefined,
  canvas: Canvas,
): readonly string[] => [
  ...facts([...lineage(run), ...progress(run, newest), ...spent(run)], canvas),
  canvas.paint('bold', 'config'),
  ...indented(stringify(run.config)),
  ...failed(run, canvas),
];

type Fact = readonly [name: string, value: string | undefined];

const lineage = (run: RunResource): readonly Fact[] =>
  [
    ['run', `${run.runId} of fit ${run.operation}`],
    ['status', [run.status, run.endedBy].filter(Boolean).join(', ')],
    ['source', run.source],
    ['cloned from', run.clonedFrom && `${run.clonedFrom}, ${run.warmStarted ? 'warm' : 'cold'}`],
    ['data handle', run.dataHandleId],
    ['MLflow run', run.mlflowRunId],
  ].map(([name = '', value]) => [String(name), value === undefined ? undefined : String(value)]);

const progress = (run: RunResource, newest: ResultResource | undefined): readonly Fact[] => {
  const inside = run.status === 'ongoing' ? run.progress : undefined;
  return [
    ['epochs', epochs(run)],
    ['this epoch', inside && `chunk ${inside.chunk} of ${inside.chunks}`],
    ['rung', run.rung === undefined ? undefined : `after epoch ${run.rung}`],
    ['newest metrics', newest && metricsText(newest)],
    ['checkpoint', run.checkpointUri],
  ];
};

const metricsText = ({ epoch, trainLoss, metrics }: ResultResource): string => {
  const all = [['train_loss', trainLoss] as const, ...Object.entries(metrics)];
  return `${all.map(([name, value]) => `${name} ${measured(value)}`).join(', ')} (epoch ${epoch})`;
};

const spent = (run: RunResource): readonly Fact[] => {
  const { startedAt, endedAt, gpuUtilization, samplesPerSecond, attempts, interruptions } = run;
  const cut = interruptions > 0 ? `, ${interruptions} of them interrupted` : '';
  return [
    ['started', moment(startedAt)],
    ['ended', moment(endedAt)],
    ['runtime', run.runtimeSeconds > 0 ? clock(run.runtimeSeconds) : undefined],
    ['cost', money(run.costUsd)],
    ['GPU busy', gpuUtilization === undefined ? undefined : `${Math.round(100 * gpuUtilization)}%`],
    ['examples per second', samplesPerSecond?.toFixed(1)],
    ['attempts', `${attempts}${cut}`],
    ['fused within', run.fusedWithin === undefined ? undefined : String(run.fusedWithin)],
  ];
};

const indented = (text: string): readonly string[] =>
  harmless(text)
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);

const failed = ({ error }: RunResource, { paint }: Canvas): readonly string[] => {
  if (error === undefined) return [];
  const type = error.errorType === undefined ? '' : ` (${error.errorType})`;
  return [
    paint('red', `error${type}`),
    ...indented(error.message),
    ...(error.traceback === undefined ? [] : harmless(error.traceback).trimEnd().split('\n')),
  ];
};
