import type { Json } from './config.ts';
import { isArray, isObject } from './config.ts';
import type { Experiment } from './experiment.ts';
import type { Operation } from './operation.ts';
import type { Run, RunStatus } from './run.ts';
import { hideSecrets } from './secrets.ts';
import type { TrackedRun, TrackedStatus } from './tracker.ts';

const statuses: Record<RunStatus, TrackedStatus> = {
  new: 'SCHEDULED',
  ongoing: 'RUNNING',
  stopped: 'KILLED',
  completed: 'FINISHED',
  failed: 'FAILED',
  deleted: 'KILLED',
};

/** How a run is shown by a tracking server: all of it but its results. */
export const trackedRun = (run: Run, experiment: Experiment, operation: Operation): TrackedRun => ({
  experiment: `${run.workspace}/${run.experiment}`,
  identity: `${run.workspace}/${experiment.id}/${run.runId}`,
  name: `run ${run.runId}`,
  status: statuses[run.status],
  startedAt: run.startedAt ?? run.createdAt,
  endedAt: run.endedAt,
  isDeleted: run.status === 'deleted',
  params: paramsOf(run),
  tags: tagsOf(run, experiment, operation),
});

/** The config as it was when the run was first shown; the server lets no param change. */
const paramsOf = ({ config }: Run): Record<string, string> =>
  Object.fromEntries(leaves(hideSecrets(config), '').map(([name, value]) => [name, text(value)]));

const leaves = (value: Json, path: string): readonly (readonly [string, Json])[] => {
  const members = isArray(value) ? Object.entries(value) : isObject(value) && Object.entries(value);
  if (!members || members.length === 0) return [[path, value]];
  return members.flatMap(([name, member]) =>
    leaves(member, path === '' ? name : `${path}.${name}`),
  );
};

const text = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

const tagsOf = (run: Run, { mlSpec }: Experiment, { request }: Operation) => {
  const fit = request.kind === 'fit' ? request : undefined;
  const tags = {
    experiment: run.experiment,
    run_id: run.runId,
    operation: run.operation,
    status: run.status,
    source: run.source,
    ended_by: run.endedBy ?? '',
    cloned_from: run.clonedFrom,
    warm_started: run.warmStarted,
    data_handle: run.dataHandleId,
    code_file: mlSpec.fileName,
    code_sha256: mlSpec.sha256,
    executor: fit?.executor,
    seed: run.seed ?? fit?.seed,
    epochs: epochsOf(run),
    error: run.error?.message ?? '',
  };
  const told = Object.entries(tags).filter(([, value]) => value !== undefined);
  return Object.fromEntries(told.map(([name, value]) => [`fanfold.${name}`, String(value)]));
};

/** How many it is to be trained for by now; extending a run changes it. */
const epochsOf = ({ config }: Run): Json | undefined => {
  const train = config['train'] ?? null;
  return isObject(train) ? train['epochs'] : undefined;
};
