import type { Experiment } from '../../domain/experiment.ts';
import type { Inference } from '../../domain/inference.ts';
import { failInference, loseInference } from '../../domain/inference.ts';
import type { Operation } from '../../domain/operation.ts';
import { isActive } from '../../domain/operation.ts';
import type { Run, RunEnding } from '../../domain/run.ts';
import { cutShort, fail, isOpen, loseWorker } from '../../domain/run.ts';
import type { Worker } from '../../domain/worker.ts';
import { maxJobsPerWorker } from '../../domain/worker.ts';
import { logger } from '../logger.ts';
import { sha256 } from '../token.ts';
import { launchWorker } from './plan-operation.ts';
import type { WorkflowPorts } from './ports.ts';
import type { StepInput, WorkerLaunch } from './step.ts';
import { findStep } from './step.ts';

type Ports = Pick<
  WorkflowPorts,
  'experiments' | 'operations' | 'runs' | 'workers' | 'dataHandles' | 'clock' | 'entropy'
>;

interface SettleInput extends StepInput, Pick<WorkerLaunch, 'worker' | 'token'> {
  /** What Step Functions caught when the job did not succeed. */
  readonly failure?: { readonly Error?: string; readonly Cause?: string };
}

type Settled = { readonly again: false } | ({ readonly again: true } & WorkerLaunch);

/**
 * A worker's AWS Batch job is over. What it left unfinished is cut short when the operation was
 * cancelled or its experiment superseded, goes on in another job otherwise, and fails when that is
 * hopeless.
 */
export const settleWorker = async (input: SettleInput, ports: Ports): Promise<Settled> => {
  const { experiment, operation } = await findStep(input, ports);
  const worker = await ports.workers.find({ ...input, worker: Number(input.worker) });
  if (!worker) throw new Error(`no worker ${input.worker}`);
  if (worker.status === 'gone') return { again: false };
  if (wasSettled(worker, input)) return launchAgain(experiment, worker, ports);
  const reason = reasonOf(input);
  const circumstances = { experiment, operation, worker, reason };
  const left = (await ports.runs.findMany(worker, worker.runIds)).filter(isOpen);
  const after = left.map((run) => settleRun(run, circumstances, ports));
  await Promise.all(after.map((run, i) => ports.runs.replace(run, left[i]?.status ?? run.status)));
  const settled = { ...worker, inference: settleInference(circumstances) };
  const again =
    after.some(isOpen) ||
    wantsInference(settled.inference, circumstances) ||
    (await wantsDownload(operation, worker, reason, ports));
  if (!again) return leave(settled, ports);
  logger.warn('worker goes on in another job', {
    worker: worker.worker,
    jobs: worker.jobs,
    reason,
  });
  return { again: true, ...(await launchWorker(experiment, settled, ports)) };
};

/** The answer to an earlier try of this step was lost, and with it the token of the next job. */
const wasSettled = ({ plannedTokenSha256 }: Worker, { token }: SettleInput): boolean =>
  plannedTokenSha256 !== sha256(token);

const launchAgain = async (
  experiment: Experiment,
  worker: Worker,
  ports: Ports,
): Promise<Settled> => {
  const before = { ...worker, jobs: worker.jobs - 1 };
  return { again: true, ...(await launchWorker(experiment, before, ports)) };
};

const reasonOf = ({ failure }: SettleInput): string => {
  if (!failure) return 'its job ended before its work was done';
  const reason = /"StatusReason":\s*"(?<reason>[^"]*)"/.exec(failure.Cause ?? '')?.groups?.[
    'reason'
  ];
  return reason ?? failure.Error ?? 'its job failed';
};

interface Circumstances {
  readonly experiment: Experiment;
  readonly operation: Operation;
  readonly worker: Worker;
  readonly reason: string;
}

const settleRun = (run: Run, circumstances: Circumstances, { clock }: Ports): Run => {
  const now = clock.now();
  const ending = endingFor(circumstances);
  if (ending) return cutShort(run, ending, now);
  const { worker, reason } = circumstances;
  if (isHopeless(worker)) return fail(run, { message: hopeless(worker, reason) }, now);
  return loseWorker(run, reason, now);
};

const endingFor = ({ experiment, operation }: Circumstances): RunEnding | undefined => {
  if (experiment.status === 'ended') return 'superseded';
  return operation.status === 'cancelling' || !isActive(operation) ? 'cancelled' : undefined;
};

/** A job that never said a word had AWS Batch's own retries already; one more would do no better. */
const isHopeless = ({ lease, leaseAtJobStart, jobs }: Worker): boolean =>
  lease === leaseAtJobStart || jobs >= maxJobsPerWorker;

const hopeless = ({ jobs, lease, leaseAtJobStart }: Worker, reason: string): string =>
  lease === leaseAtJobStart
    ? `its worker could not start: ${reason}`
    : `its worker used up ${jobs} AWS Batch jobs; the last one ended with: ${reason}`;

const settleInference = (circumstances: Circumstances): Inference | undefined => {
  const { worker, reason } = circumstances;
  const { inference } = worker;
  if (!inference || endingFor(circumstances)) return inference;
  return isHopeless(worker)
    ? failInference(inference, hopeless(worker, reason))
    : loseInference(inference, reason);
};

const wantsInference = (inference: Inference | undefined, circumstances: Circumstances): boolean =>
  inference?.status === 'ongoing' && endingFor(circumstances) === undefined;

/** A download has no runs; it is tried again while its handle is still downloading and there is hope. */
const wantsDownload = async (
  operation: Operation,
  worker: Worker,
  reason: string,
  { dataHandles }: Ports,
): Promise<boolean> => {
  if (operation.request.kind !== 'download') return false;
  const { dataHandleId } = operation.request;
  const handle = await dataHandles.find({ ...operation, dataHandleId });
  if (handle?.status !== 'downloading') return false;
  const over = !isActive(operation) || operation.status === 'cancelling';
  if (!over && !isHopeless(worker) && worker.jobs < maxDownloadJobs) return true;
  const error = over ? 'the download was cancelled' : `its worker was lost: ${reason}`;
  await dataHandles.replace({ ...handle, status: 'failed', error });
  return false;
};

const maxDownloadJobs = 3;

const leave = async (worker: Worker, { workers }: Ports): Promise<Settled> => {
  await workers.replace(
    { ...worker, status: 'gone', tokenSha256s: [], plannedTokenSha256: '' },
    worker,
  );
  return { again: false };
};
