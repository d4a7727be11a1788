import { executionOf, executionOfWorker } from '../../domain/execution.ts';
import type { Experiment } from '../../domain/experiment.ts';
import { plusSeconds } from '../../domain/instant.ts';
import type { Operation } from '../../domain/operation.ts';
import { isActive } from '../../domain/operation.ts';
import type { Worker } from '../../domain/worker.ts';
import { isAdded, jobName, jobNamePrefix, leaseSeconds } from '../../domain/worker.ts';
import { logger } from '../logger.ts';
import type { EventPorts } from './ports.ts';

/** Active operations looked at in one go. */
const pageSize = 100;

/** Mends what was lost between two steps: executions that are gone, hosts that fell silent, jobs that outlive their end. */
export const sweep = async (ports: EventPorts): Promise<void> => {
  let cursor: string | undefined;
  do {
    const page = await ports.operations.listActive({ limit: pageSize, cursor });
    for (const operation of page.items) await sweepOperation(operation, ports);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
};

/** The index may lag, so the operation is read again before anything is done about it. */
const sweepOperation = async (listed: Operation, ports: EventPorts): Promise<void> => {
  const [experiment, operation] = await Promise.all([
    ports.experiments.find(listed),
    ports.operations.find(listed),
  ]);
  if (!experiment || !operation || !isActive(operation)) return;
  logger.appendKeys({ experiment: experiment.experiment, operation: operation.operation });
  const workers = await ports.workers.listByOperation(operation);
  await keepWorkersExecuting(experiment, workers, ports);
  if (wantsExecution(workers)) await keepExecuting(experiment, operation, ports);
  if (operation.status === 'cancelling' || experiment.status === 'ended') {
    const prefix = jobNamePrefix(experiment.id, operation.operation);
    await ports.jobQueue.terminateByPrefix(prefix, 'its operation was cancelled');
  } else {
    await terminateSilentWorkers(experiment, workers, ports);
  }
};

const keepExecuting = async (
  { id }: Experiment,
  operation: Operation,
  { workflows, operations }: EventPorts,
): Promise<void> => {
  const status = await workflows.status(executionOf(operation, id));
  if (status === 'running') return;
  const next: Operation =
    status === 'missing' ? operation : { ...operation, executions: operation.executions + 1 };
  logger.warn('execution is gone, starting it anew', { status, execution: next.executions });
  if (await operations.replace(next, operation.status))
    await workflows.start(executionOf(next, id));
};

/** The operation's own execution may end before those of workers that were added, the last of which completes it. */
const wantsExecution = (workers: readonly Worker[]): boolean => {
  const left = workers.filter(({ status }) => status !== 'gone');
  return left.length === 0 || left.some((worker) => !isAdded(worker));
};

const keepWorkersExecuting = async (
  { id }: Experiment,
  workers: readonly Worker[],
  { workflows, ...ports }: EventPorts,
): Promise<void> => {
  for (const worker of workers) {
    if (worker.executions === undefined || worker.status === 'gone') continue;
    const status = await workflows.status(executionOfWorker(worker, id));
    if (status === 'running') continue;
    const isLost = status === 'over';
    const next = { ...worker, executions: worker.executions + Number(isLost) };
    logger.warn('execution of an added worker is gone, starting it anew', {
      worker: worker.worker,
      status,
    });
    if (!isLost || (await ports.workers.replace(next, worker)))
      await workflows.start(executionOfWorker(next, id));
  }
};

/** A host that is lost says nothing; its job is terminated so that its runs go on elsewhere. */
const terminateSilentWorkers = async (
  { id }: Experiment,
  workers: readonly Worker[],
  { jobQueue, clock }: EventPorts,
): Promise<void> => {
  const deadline = plusSeconds(clock.now(), -leaseSeconds);
  for (const worker of workers) {
    const silent = worker.status === 'working' && (worker.lastSyncAt ?? deadline) < deadline;
    if (!silent) continue;
    logger.warn('worker fell silent', { worker: worker.worker, lastSyncAt: worker.lastSyncAt });
    await jobQueue.terminateByPrefix(jobName(id, worker), `no sync for ${leaseSeconds} s`);
  }
};
