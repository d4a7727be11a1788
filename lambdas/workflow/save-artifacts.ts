import { csvOf } from '../../domain/csv.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { EndRequest } from '../../domain/operation.ts';
import type { ArtifactSaver } from '../../domain/ports.ts';
import { resultsTable } from '../../domain/results-table.ts';
import type { Run } from '../../domain/run.ts';
import { parseS3Uri } from '../../domain/s3-uri.ts';
import { shownConfig } from '../../domain/secrets.ts';
import { experimentPrefix, logPartOf, logsPrefix, runPrefix } from '../../domain/storage-layout.ts';
import type { WorkflowPorts } from './ports.ts';
import type { StepInput } from './step.ts';
import { findStep } from './step.ts';

interface Ports extends Pick<WorkflowPorts, 'experiments' | 'operations' | 'runs' | 'results'> {
  readonly artifacts: ArtifactSaver;
}

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
  if (from === 0) {
    await saveExperiment(experiment, target, ports);
    return { done: experiment.lastRunId === 0, nextRunId: 1 };
  }
  const to = Math.min(from + runsPerStep - 1, experiment.lastRunId);
  const ids = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  for (const run of await ports.runs.findMany(experiment, ids)) {
    if (run.status !== 'deleted') await saveRun(run, operation.request, target, ports);
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
  const { artifacts } = ports;
  const { bucket, prefix } = target;
  const { activeOperation: _, ...record } = experiment;
  await artifacts.putTextOut(
    { bucket, key: `${prefix}experiment.json` },
    JSON.stringify(record, null, 2),
  );
  const own = experimentPrefix(experiment);
  await saveOperations(experiment, target, ports);
  for (const folder of ['code/', 'data/', 'operations/']) {
    await copyAll(`${own}${folder}`, { bucket, prefix: prefix + folder }, { artifacts });
  }
  const logs = { bucket, prefix: `${prefix}logs/` };
  await copyAll(logsPrefix(experiment), logs, { artifacts, wanted: firstOfEachSync() });
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

/** What each operation was asked: seeds, chunks, configs' places; without it no run could be repeated. */
const saveOperations = async (
  experiment: Experiment,
  { bucket, prefix }: Target,
  { operations, artifacts }: Ports,
): Promise<void> => {
  let cursor: string | undefined;
  do {
    const page = await operations.list(experiment, { limit: operationsPerPage, cursor });
    for (const operation of page.items) {
      const key = `${prefix}operations/${operation.operation}/operation.json`;
      await artifacts.putTextOut({ bucket, key }, JSON.stringify(operation, null, 2));
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
};

const operationsPerPage = 100;

/** A run's record, its results by epoch, and its final checkpoint; every epoch's too when asked for. */
const saveRun = async (
  run: Run,
  { saveEpochCheckpoints }: EndRequest,
  { bucket, prefix }: Target,
  ports: Ports,
): Promise<void> => {
  const { artifacts } = ports;
  const folder = `${prefix}runs/${run.runId}/`;
  const record = { ...run, config: shownConfig(run.config) };
  await artifacts.putTextOut({ bucket, key: `${folder}run.json` }, JSON.stringify(record, null, 2));
  const results = await ports.results.list(run, {
    firstRunId: run.runId,
    lastRunId: run.runId,
    limit: maxEpochs,
  });
  await artifacts.putTextOut(
    { bucket, key: `${folder}results.csv` },
    csvOf(resultsTable(results.items)),
  );
  if (run.checkpoint) {
    const to = { bucket, prefix: `${folder}checkpoints/final/` };
    await copyAll(run.checkpoint.prefix, to, { artifacts });
  }
  if (saveEpochCheckpoints) {
    const to = { bucket, prefix: `${folder}checkpoints/` };
    await copyAll(`${runPrefix(run, run.runId)}checkpoints/`, to, { artifacts });
  }
};

/** More epochs than any run has. */
const maxEpochs = 100_000;

const copyAll = async (
  prefix: string,
  to: Target,
  {
    artifacts,
    wanted = () => true,
  }: Pick<Ports, 'artifacts'> & { wanted?: (key: string) => boolean },
): Promise<void> => {
  let after: string | undefined;
  for (;;) {
    const objects = await artifacts.list(prefix, { limit: copiesAtOnce, after });
    await Promise.all(
      objects
        .filter(({ key }) => wanted(key))
        .map(({ key }) =>
          artifacts.copyOut(key, { bucket: to.bucket, key: to.prefix + key.slice(prefix.length) }),
        ),
    );
    if (objects.length < copiesAtOnce) return;
    after = objects.at(-1)?.key;
  }
};
