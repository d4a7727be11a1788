import { csvOf } from '../../domain/csv.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { EndRequest, Operation } from '../../domain/operation.ts';
import { isInference } from '../../domain/operation.ts';
import { resultsTable } from '../../domain/results-table.ts';
import type { Run } from '../../domain/run.ts';
import { parseS3Uri } from '../../domain/s3-uri.ts';
import { shownConfig } from '../../domain/secrets.ts';
import {
  configsKey,
  experimentPrefix,
  logPartOf,
  logsPrefix,
  runPrefix,
} from '../../domain/storage-layout.ts';
import type { WorkflowPorts } from './ports.ts';
import type { StepInput } from './step.ts';
import { findStep } from './step.ts';

type Ports = Pick<
  WorkflowPorts,
  'experiments' | 'operations' | 'runs' | 'results' | 'artifacts' | 'savedArtifacts'
>;

/** Runs whose artifacts one step saves; a bounded batch, so that no step nears its time limit. */
const runsPerStep = 50;

/** Objects copied at the same time. */
const copiesAtOnce = 16;

interface SaveInput extends StepInput {
  /** The next run to save, from 0: the experiment's own files come first. */
  readonly nextRunId?: number;
}

interface Saved {
  readonly done: boolean;
  readonly nextRunId: number;
}

interface Target {
  readonly bucket: string;
  readonly prefix: string;
}

/**
 * Saves the next batch of an experiment's artifacts; every copy is verified before it counts. Done
 * again after a failure it overwrites what it saved before.
 */
export const saveArtifacts = async (input: SaveInput, ports: Ports): Promise<Saved> => {
  const { experiment, operation } = await findStep(input, ports);
  if (operation.request.kind !== 'end') throw new Error('only an end saves artifacts');
  const target = targetOf(operation.request);
  const from = input.nextRunId ?? 0;
  const tell = (done: number) =>
    ports.operations.setProgress(operation, { done, of: experiment.lastRunId });
  if (from === 0) {
    await tell(0);
    await saveExperiment(experiment, target, ports);
    return { done: experiment.lastRunId === 0, nextRunId: 1 };
  }
  const to = Math.min(from + runsPerStep - 1, experiment.lastRunId);
  const ids = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  for (const run of await ports.runs.findMany(experiment, ids)) {
    if (run.status !== 'deleted') await saveRun(run, operation.request, target, ports);
    await tell(run.runId);
  }
  return { done: to === experiment.lastRunId, nextRunId: to + 1 };
};

const targetOf = ({ artifactsUri }: EndRequest): Target => {
  const location = parseS3Uri(artifactsUri);
  if (!location) throw new Error(`${artifactsUri} is no S3 URI`);
  return { bucket: location.bucket, prefix: location.key };
};

/** The experiment's record, its code, its data manifests, its operations, and its logs. */
const saveExperiment = async (
  experiment: Experiment,
  target: Target,
  ports: Ports,
): Promise<void> => {
  const { savedArtifacts } = ports;
  const { bucket, prefix } = target;
  const { activeOperation: _, ...record } = experiment;
  await savedArtifacts.putTextOut(
    { bucket, key: `${prefix}experiment.json` },
    JSON.stringify(record, null, 2),
  );
  const own = experimentPrefix(experiment);
  await saveOperations(experiment, target, ports);
  for (const folder of ['code/', 'data/']) {
    await copyAll(`${own}${folder}`, { bucket, prefix: prefix + folder }, ports);
  }
  const logs = { bucket, prefix: `${prefix}logs/` };
  await copyAll(logsPrefix(experiment), logs, { ...ports, wanted: firstOfEachSync() });
};

/** A sync that was sent again after its function was lost may have left its lines twice. */
const firstOfEachSync = (): ((key: string) => boolean) => {
  const seen = new Set<string>();
  return (key) => {
    const { operation, worker, lease, sequence } = logPartOf(key);
    const sync = [operation, worker, lease, sequence].join('-');
    if (seen.has(sync)) return false;
    seen.add(sync);
    return true;
  };
};

const saveOperations = async (
  experiment: Experiment,
  target: Target,
  ports: Ports,
): Promise<void> => {
  let cursor: string | undefined;
  do {
    const page = await ports.operations.list(experiment, { limit: operationsPerPage, cursor });
    for (const operation of page.items) await saveOperation(operation, target, ports);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
};

const operationsPerPage = 100;

/**
 * What an operation was asked and, of a test, what it measured; a fit's configs; a prediction's file.
 * Without it no run could be repeated.
 */
const saveOperation = async (
  operation: Operation,
  { bucket, prefix }: Target,
  ports: Ports,
): Promise<void> => {
  const to = { bucket, prefix: `${prefix}operations/${operation.operation}/` };
  const { savedArtifacts } = ports;
  const record = JSON.stringify({ ...operation, request: shownRequest(operation) }, null, 2);
  await savedArtifacts.putTextOut({ bucket, key: `${to.prefix}operation.json` }, record);
  const { predictions, request } = operation;
  if (request.kind === 'fit') {
    const configs = configsKey(operation, operation.operation, request.configsSha256);
    await savedArtifacts.copyOut(configs, { bucket, key: `${to.prefix}configs.jsonl` });
  }
  const key = predictions && parseS3Uri(predictions.uri)?.key;
  if (key) await savedArtifacts.copyOut(key, { bucket, key: to.prefix + predictions.fileName });
};

const shownRequest = ({ request }: Operation): Operation['request'] => {
  if (!isInference(request)) return request;
  const { model } = request;
  return { ...request, model: { ...model, config: shownConfig(model.config) } };
};

/**
 * A run's record, its results by epoch, its final checkpoint and, of a warm clone, the one it started
 * from; every epoch's too when asked for.
 */
const saveRun = async (
  run: Run,
  { saveEpochCheckpoints }: EndRequest,
  { bucket, prefix }: Target,
  ports: Ports,
): Promise<void> => {
  const { savedArtifacts } = ports;
  const folder = `${prefix}runs/${run.runId}/`;
  const record = { ...run, config: shownConfig(run.config) };
  await savedArtifacts.putTextOut(
    { bucket, key: `${folder}run.json` },
    JSON.stringify(record, null, 2),
  );
  const results = await ports.results.list(run, {
    firstRunId: run.runId,
    lastRunId: run.runId,
    limit: maxEpochs,
  });
  await savedArtifacts.putTextOut(
    { bucket, key: `${folder}results.csv` },
    csvOf(resultsTable(results.items)),
  );
  if (run.checkpoint) {
    const to = { bucket, prefix: `${folder}checkpoints/final/` };
    await copyAll(run.checkpoint.prefix, to, ports);
  }
  if (run.start?.prefix !== undefined) {
    await copyAll(run.start.prefix, { bucket, prefix: `${folder}checkpoints/start/` }, ports);
  }
  if (saveEpochCheckpoints) {
    const to = { bucket, prefix: `${folder}checkpoints/` };
    await copyAll(`${runPrefix(run, run.runId)}checkpoints/`, to, ports);
  }
};

/** More epochs than any run has. */
const maxEpochs = 100_000;

const copyAll = async (
  prefix: string,
  to: Target,
  {
    artifacts,
    savedArtifacts,
    wanted = () => true,
  }: Pick<Ports, 'artifacts' | 'savedArtifacts'> & { wanted?: (key: string) => boolean },
): Promise<void> => {
  let after: string | undefined;
  for (;;) {
    const objects = await artifacts.list(prefix, { limit: copiesAtOnce, after });
    await Promise.all(
      objects
        .filter(({ key }) => wanted(key))
        .map(({ key }) =>
          savedArtifacts.copyOut(key, {
            bucket: to.bucket,
            key: to.prefix + key.slice(prefix.length),
          }),
        ),
    );
    if (objects.length < copiesAtOnce) return;
    after = objects.at(-1)?.key;
  }
};
