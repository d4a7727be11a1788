import { runIdsIn } from '../../domain/dealing.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { Inference } from '../../domain/inference.ts';
import { failInference, loseInference } from '../../domain/inference.ts';
import type { Instant } from '../../domain/instant.ts';
import { secondsBetween } from '../../domain/instant.ts';
import type { Operation } from '../../domain/operation.ts';
import { cutShortBy } from '../../domain/operation.ts';
import type { Run, RunEnding } from '../../domain/run.ts';
import { cutShort, fail, interrupt, isOpen, loseWorker } from '../../domain/run.ts';
import { standsAtRung } from '../../domain/rung.ts';
import type { Worker } from '../../domain/worker.ts';
import { maxJobsPerWorker, secondsToNextLook } from '../../domain/worker.ts';
import type { RungPorts } from '../advance-rungs.ts';
import { advanceRungs } from '../advance-rungs.ts';
import { logger } from '../logger.ts';
import { sha256 } from '../token.ts';
import { launchWorker, letGo } from './plan-operation.ts';
import type { WorkflowPorts } from './ports.ts';
import { hasOpen } from './run-pages.ts';
import type { StepInput, WorkerLaunch } from './step.ts';
import { findStep } from './step.ts';

type Ports = RungPorts &
  Pick<
    WorkflowPorts,
    'experiments' | 'operations' | 'runs' | 'workers' | 'dataHandles' | 'clock' | 'entropy'
  >;

interface SettleInput extends StepInput, Pick<WorkerLaunch, 'worker'> {
  /** That of the job; a worker that was just added had none. */
  readonly token?: string | undefined;
  /** What Step Functions caught when the job did not succeed. */
  readonly failure?: { readonly Error?: string; readonly Cause?: string };
}

type Settled =
  | ({ readonly next: 'train' } & WorkerLaunch)
  /** Settle again after some seconds: its runs wait for those of others. */
  | { readonly next: 'wait'; readonly seconds: number }
  | { readonly next: 'leave' };

/**
 * A worker's AWS Batch job is over. What it left unfinished is cut short when the operation was
 * cancelled, its budget used up, or its experiment superseded, goes on in another job otherwise, and fails
 * when that is hopeless. Runs that wait at a rung are not lost with the job. A worker that was added
 * begins here.
 */
export const settleWorker = async (input: SettleInput, ports: Ports): Promise<Settled> => {
  const { experiment, operation } = await findStep(input, ports);
  const found = await ports.workers.find({ ...input, worker: Number(input.worker) });
  if (!found) throw new Error(`no worker ${input.worker}`);
  if (found.status === 'gone') return { next: 'leave' };
  if (input.token === undefined) return begin(found, { experiment, operation }, ports);
  if (wasSettled(found, input.token)) return launchAgain(experiment, found, ports);
  const reason = reasonOf(input);
  const ending = endingFor(experiment, operation);
  const there = ending ? found : await leaveRungs(found, operation, ports);
  const circumstances = { worker: there, ending, reason };
  const left = await settleRuns(circumstances, ports);
  const worker = { ...there, inference: settleInference(circumstances) };
  const again =
    left.toTrain ||
    wantsInference(worker.inference, ending) ||
    (await wantsDownload(operation, worker, reason, ports));
  if (!again) return left.atRungs ? wait(worker, ports) : leave(worker, ports);
  logger.warn('worker goes on in another job', {
    worker: worker.worker,
    jobs: worker.jobs,
    reason,
  });
  return { next: 'train', ...(await launchWorker(experiment, worker, ports)) };
};

/** The answer to an earlier try of this step was lost, and with it the token of the next job. */
const wasSettled = ({ plannedTokenSha256 }: Worker, token: string): boolean =>
  plannedTokenSha256 !== sha256(token);

/** The first job of an added worker, or of its next execution after one was lost. */
const begin = async (
  worker: Worker,
  { experiment, operation }: { readonly experiment: Experiment; readonly operation: Operation },
  ports: Ports,
): Promise<Settled> => {
  const ending = endingFor(experiment, operation);
  const left = ending
    ? await settleRuns({ worker, ending, reason: 'its fit ended' }, ports)
    : { toTrain: await hasOpen(worker, runIdsIn(worker.dealing), ports) };
  if (!left.toTrain) return leave(worker, ports);
  return { next: 'train', ...(await launchWorker(experiment, worker, ports)) };
};

const launchAgain = async (
  experiment: Experiment,
  worker: Worker,
  ports: Ports,
): Promise<Settled> => {
  const before = { ...worker, jobs: worker.jobs - 1 };
  return { next: 'train', ...(await launchWorker(experiment, before, ports)) };
};

const reasonOf = ({ failure }: SettleInput): string => {
  if (!failure) return 'its job ended before its work was done';
  const reason = /"StatusReason":\s*"(?<reason>[^"]*)"/.exec(failure.Cause ?? '')?.groups?.[
    'reason'
  ];
  return reason ?? failure.Error ?? 'its job failed';
};

const endingFor = (experiment: Experiment, operation: Operation): RunEnding | undefined =>
  experiment.status === 'ended' ? 'superseded' : cutShortBy(operation);

/** Nobody else may be left who lets the worker's runs go on from a rung that everyone has reached. */
const leaveRungs = async (worker: Worker, operation: Operation, ports: Ports): Promise<Worker> => {
  const { worker: after, moved } = await advanceRungs(worker, operation, ports);
  if (!moved) return worker;
  if (after === worker) throw new Error(`worker ${worker.worker} changed while it was settled`);
  return leaveRungs(after, operation, ports);
};

interface Circumstances {
  readonly worker: Worker;
  readonly ending: RunEnding | undefined;
  readonly reason: string;
}

/** Settles the worker's open runs; says whether some of them are to be trained, or wait at rungs. */
const settleRuns = async (
  circumstances: Circumstances,
  { runs, clock }: Ports,
): Promise<{ readonly toTrain: boolean; readonly atRungs: boolean }> => {
  const { worker } = circumstances;
  const now = clock.now();
  const left = (await runs.findMany(worker, runIdsIn(worker.dealing))).filter(isOpen);
  const settled = left.map((before) => ({
    before,
    after: settleRun(before, circumstances, now),
  }));
  const changed = settled.filter(({ before, after }) => after !== before);
  await Promise.all(changed.map(({ before, after }) => runs.replace(after, before.status)));
  const open = settled.map(({ after }) => after).filter(isOpen);
  return {
    toTrain: open.some((run) => !standsAtRung(run)),
    atRungs: open.some(standsAtRung),
  };
};

/** Only what the engine held is lost with it; what it was to stop is stopped with that. */
const settleRun = (run: Run, { worker, ending, reason }: Circumstances, now: Instant): Run => {
  if (worker.dealing.stopping.includes(run.runId)) return cutShort(run, 'interactive-control', now);
  if (ending) return cutShort(run, ending, now);
  if (standsAtRung(run)) return run;
  if (isHopeless(worker)) return fail(run, { message: hopeless(worker, reason) }, now);
  if (!worker.dealing.held.includes(run.runId)) return run;
  return worker.interrupted ? interrupt(run) : loseWorker(run, reason, now);
};

/** A job that never said a word had AWS Batch's own retries already; one more would do no better. */
const isHopeless = ({ lease, leaseAtJobStart, jobs }: Worker): boolean =>
  lease === leaseAtJobStart || jobs >= maxJobsPerWorker;

const hopeless = ({ jobs, lease, leaseAtJobStart }: Worker, reason: string): string =>
  lease === leaseAtJobStart
    ? `its worker could not start: ${reason}`
    : `its worker used up ${jobs} AWS Batch jobs; the last one ended with: ${reason}`;

const settleInference = ({ worker, ending, reason }: Circumstances): Inference | undefined => {
  const { inference } = worker;
  if (!inference || ending) return inference;
  if (isHopeless(worker)) return failInference(inference, hopeless(worker, reason));
  return worker.interrupted ? inference : loseInference(inference, reason);
};

const wantsInference = (inference: Inference | undefined, ending: RunEnding | undefined): boolean =>
  inference?.status === 'ongoing' && ending === undefined;

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
  const over = cutShortBy(operation) !== undefined;
  if (!over && !isHopeless(worker) && worker.jobs < maxDownloadJobs) return true;
  const error = over ? 'the download was cancelled' : `its worker was lost: ${reason}`;
  await dataHandles.replace({ ...handle, status: 'failed', error });
  return false;
};

const maxDownloadJobs = 3;

const wait = ({ idleSince, lastSyncAt }: Worker, { clock }: Ports): Settled => {
  const now = clock.now();
  const waitedSeconds = secondsBetween(idleSince ?? lastSyncAt ?? now, now);
  return { next: 'wait', seconds: secondsToNextLook(waitedSeconds) };
};

const leave = async (worker: Worker, ports: Ports): Promise<Settled> => {
  await letGo(worker, ports);
  return { next: 'leave' };
};
