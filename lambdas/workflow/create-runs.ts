import type { LeafConfig } from '../../domain/config.ts';
import { bracketOf } from '../../domain/dealing.ts';
import type { FitRequest, Operation } from '../../domain/operation.ts';
import type { Run } from '../../domain/run.ts';
import { rungAfter } from '../../domain/sha.ts';
import { configsKey } from '../../domain/storage-layout.ts';
import type { WorkflowPorts } from './ports.ts';

type Ports = Pick<WorkflowPorts, 'artifacts' | 'runs' | 'clock'>;

/** A fit's request, and the runs of each of its workers. */
interface Planned {
  readonly request: FitRequest;
  readonly runIds: readonly (readonly number[])[];
}

/** Eight transactions, as many as are under way at once. */
const runsAtOnce = 800;

/**
 * Writes the runs of a fit while its configs are read, so that ten thousand take no more memory than
 * hundreds. Those that an earlier try has written stay as they are.
 */
export const createRuns = async (
  operation: Operation,
  { request, runIds }: Planned,
  { artifacts, runs, clock }: Ports,
): Promise<void> => {
  const key = configsKey(operation, operation.operation, request.configsSha256);
  const workerOf = new Map(runIds.flatMap((ids, i) => ids.map((id) => [id, i + 1] as const)));
  const createdAt = clock.now();
  let nextRunId = request.firstRunId;
  let some: Run[] = [];
  for await (const line of await artifacts.lines(key)) {
    const config: LeafConfig = JSON.parse(line);
    const own = { config, runId: nextRunId, worker: workerOf.get(nextRunId) ?? 1, createdAt };
    some.push(newRun(operation, request, own));
    nextRunId += 1;
    if (some.length < runsAtOnce) continue;
    await runs.createMany(some);
    some = [];
  }
  await runs.createMany(some);
  const count = nextRunId - request.firstRunId;
  if (count !== request.runCount) {
    throw new Error(`${key} holds ${count} configs, not ${request.runCount}`);
  }
};

const newRun = (
  { workspace, experiment, operation }: Operation,
  request: FitRequest,
  own: Pick<Run, 'config' | 'runId' | 'worker' | 'createdAt'>,
): Run => ({
  workspace,
  experiment,
  operation,
  dataHandleId: request.dataHandleId,
  ...own,
  status: 'new',
  ...startOf(own.runId, request),
  completedEpochs: 0,
  attempts: 0,
  fruitlessAttempts: 0,
  runtimeSeconds: 0,
});

/** Where a run comes from, and its first rung when a SHA halves it. */
const startOf = (runId: number, { brackets = [] }: FitRequest): Pick<Run, 'source' | 'rung'> => {
  const bracket = brackets[bracketOf(runId, brackets)];
  return bracket ? { source: 'sha', rung: rungAfter(bracket, 0) } : { source: 'initial' };
};
