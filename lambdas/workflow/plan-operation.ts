import { recall, runIdsIn } from '../../domain/dealing.ts';
import type { Experiment } from '../../domain/experiment.ts';
import { isOver, newInference } from '../../domain/inference.ts';
import type { Operation, OperationPlan } from '../../domain/operation.ts';
import { cutShortBy, isInference } from '../../domain/operation.ts';
import { planWorkers } from '../../domain/packing.ts';
import type { Worker } from '../../domain/worker.ts';
import { interruptionsOf, isAdded, jobName, newWorker, queueFor } from '../../domain/worker.ts';
import { workerToken } from '../../domain/worker-token.ts';
import { sha256 } from '../token.ts';
import { createRuns } from './create-runs.ts';
import type { WorkflowPorts } from './ports.ts';
import { hasOpen } from './run-pages.ts';
import type { StepInput, WorkerLaunch } from './step.ts';
import { findStep } from './step.ts';

type Ports = Pick<
  WorkflowPorts,
  'experiments' | 'operations' | 'runs' | 'workers' | 'artifacts' | 'clock' | 'entropy'
>;

/** Shares of an operation: how many workers, and which runs each gets. */
interface Shares {
  readonly plan: OperationPlan;
  readonly runIds: readonly (readonly number[])[];
}

/**
 * Plans the workers of an operation and launches those with work left; the others are gone. Done again,
 * after a lost execution, it keeps what was planned and trained before. Workers that were added have
 * executions of their own.
 */
export const planOperation = async (
  input: StepInput,
  ports: Ports,
): Promise<{ readonly workers: readonly WorkerLaunch[] }> => {
  const { experiment, operation } = await findStep(input, ports);
  if (cutShortBy(operation)) return { workers: [] };
  const { request } = operation;
  const shares = sharesOf(operation);
  if (request.kind === 'fit') await createRuns(operation, { request, ...shares }, ports);
  await ports.workers.createMany(
    shares.runIds.map((runIds, i) => planned(operation, i + 1, runIds)),
  );
  await markRunning(operation, shares.plan, ports);
  const all = await ports.workers.listByOperation(operation);
  const workers = all.filter((worker) => !isAdded(worker));
  const launches = await Promise.all(
    workers.map((worker) => launch(worker, { experiment, operation }, ports)),
  );
  return { workers: launches.flatMap((one) => one ?? []) };
};

const sharesOf = ({ request }: Operation): Shares => {
  if (request.kind !== 'fit') {
    const plan = { workers: 1, runsPerWorker: 0, reason: `a ${request.kind} needs one worker` };
    return { plan, runIds: [[]] };
  }
  const { plan, shares } = planWorkers(request);
  const { firstRunId } = request;
  return { plan, runIds: shares.map((share) => share.map((index) => firstRunId + index)) };
};

const planned = (
  { request, ...key }: Operation,
  worker: number,
  runIds: readonly number[],
): Worker => ({
  ...newWorker({ ...key, worker }, runIds),
  inference: isInference(request) ? newInference : undefined,
});

const markRunning = async (
  operation: Operation,
  plan: OperationPlan,
  { operations, clock }: Ports,
): Promise<void> => {
  if (operation.status !== 'pending') return;
  const running: Operation = { ...operation, status: 'running', startedAt: clock.now(), plan };
  await operations.replace(running, 'pending');
};

const launch = async (
  worker: Worker,
  { experiment, operation }: { readonly experiment: Experiment; readonly operation: Operation },
  ports: Ports,
): Promise<WorkerLaunch | undefined> => {
  if (worker.status === 'gone') return undefined;
  const hasWork =
    operation.request.kind === 'fit'
      ? await hasOpen(worker, runIdsIn(worker.dealing), ports)
      : !isOver(worker.inference);
  if (hasWork) return launchWorker(experiment, worker, ports);
  await letGo(worker, ports);
  return undefined;
};

/** Gives the worker a token for its next AWS Batch job; the tokens of earlier ones are worth nothing now. */
export const launchWorker = async (
  experiment: Experiment,
  worker: Worker,
  { workers, entropy }: Pick<WorkflowPorts, 'workers' | 'entropy'>,
): Promise<WorkerLaunch> => {
  const token = workerToken(worker, entropy.secret());
  const launched: Worker = {
    ...worker,
    status: 'planned',
    dealing: recall(worker.dealing),
    interrupted: undefined,
    interruptions: interruptionsOf(worker),
    idleSince: undefined,
    plannedTokenSha256: sha256(token),
    tokenSha256s: [],
    jobs: worker.jobs + 1,
    leaseAtJobStart: worker.lease,
  };
  if (!(await workers.replace(launched, worker))) {
    throw new Error(`worker ${worker.worker} was heard while it was being launched anew`);
  }
  return {
    worker: String(worker.worker),
    jobName: jobName(experiment.id, worker),
    token,
    queue: queueFor(launched),
  };
};

/** Nothing is left for the worker, and nothing will come: its tokens are worth nothing now. */
export const letGo = async (
  worker: Worker,
  { workers }: Pick<WorkflowPorts, 'workers'>,
): Promise<void> => {
  const gone: Worker = { ...worker, status: 'gone', tokenSha256s: [], plannedTokenSha256: '' };
  if (!(await workers.replace(gone, worker))) {
    throw new Error(`worker ${worker.worker} was given a run while it was settled`);
  }
};
