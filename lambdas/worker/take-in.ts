import type { SyncRequest } from '../../contract/worker-protocol.ts';
import type { Dealing } from '../../domain/dealing.ts';
import { haveBranched, takeBack } from '../../domain/dealing.ts';
import type { Instant } from '../../domain/instant.ts';
import { bracketsOf, cutShortBy } from '../../domain/operation.ts';
import type { EpochCheckpoint, EpochResult, Run } from '../../domain/run.ts';
import { applyReport, cutShort } from '../../domain/run.ts';
import { standsAtRung } from '../../domain/rung.ts';
import { logKey } from '../../domain/storage-layout.ts';
import type { Worker } from '../../domain/worker.ts';
import type { Change, SyncContext } from '../../domain/worker-ports.ts';
import type { Admission, Presentation } from '../../domain/worker-sync.ts';
import { advance } from '../../domain/worker-sync.ts';
import { sha256 } from '../token.ts';
import { takeInDownload } from './download.ts';
import { takeInInference } from './inference.ts';
import { whyLost } from './lost-attempt.ts';
import type { WorkerPorts } from './ports.ts';

interface Told {
  readonly context: SyncContext;
  readonly admission: Admission;
  readonly presented: Presentation;
  readonly request: SyncRequest;
  readonly now: Instant;
  readonly dealing: Dealing;
  /** Clones of which it is known by now where they start. */
  readonly started: readonly Change<Run>[];
  readonly token: string | undefined;
}

/** What a sync was judged by, as it is now that the sync is taken in. */
export interface TakenIn extends SyncContext {
  /** Seconds of training that it told of. */
  readonly runtimeSeconds: number;
}

/**
 * Writes what the worker told: logs and epochs first, so that a run is never seen completed without
 * them, then worker and runs in one transaction. A repeated sync told nothing new. `undefined` when
 * somebody else changed the worker or a run meanwhile.
 */
export const takeIn = async (
  { context, admission, presented, request, now, dealing, started, token }: Told,
  ports: WorkerPorts,
): Promise<TakenIn | undefined> => {
  const news = admission === 'repeat' ? { ...request, runs: [], logs: [] } : request;
  const runs = changedRuns(news, context, now);
  const told = runs.map(({ after }) => after);
  const runtimeSeconds = news.runs.reduce((sum, report) => sum + report.runtimeSeconds, 0);
  const advanced = advance(context.worker, admission, {
    presented,
    tokenSha256: token && sha256(token),
    dealing: haveBranched(takeBack(dealing, told, bracketsOf(context.operation)), branched(news)),
    runtimeSeconds,
    now,
  });
  const isLost = admission === 'new-lease' && !context.worker.interrupted;
  const inference = takeInInference(advanced, request.inference, {
    operation: context.operation,
    bucket: ports.artifacts.bucket,
    lost: isLost ? whyLost(context.worker, presented) : undefined,
  });
  const worker = { ...advanced, inference };
  await Promise.all([
    ports.results.putMany(worker, epochResults(news, context)),
    ports.epochCheckpoints.putMany(worker, epochCheckpoints(news, context)),
    putLogs(worker, news, ports),
  ]);
  const dataHandle = await takeInDownload(request, context, ports);
  const changed = [...runs, ...started];
  const change = { worker, expected: context.worker, runs: changed, dataHandle };
  const written = await ports.workers.replaceWith(change);
  if (!written) return undefined;
  const after = new Map(told.map((run) => [run.runId, run]));
  const reported = context.runs.map((run) => after.get(run.runId) ?? run);
  return { ...context, worker: written, runs: reported, runtimeSeconds };
};

/** Runs whose engine gave the checkpoint that it was asked for. */
const branched = ({ runs }: SyncRequest): readonly number[] =>
  runs.filter(({ branch }) => branch !== undefined).map(({ runId }) => runId);

const changedRuns = (
  request: SyncRequest,
  { runs, operation, worker }: SyncContext,
  now: Instant,
): { readonly before: Run; readonly after: Run }[] => {
  const stopping = new Set(worker.dealing.stopping);
  const before = new Map(runs.map((run) => [run.runId, run]));
  return request.runs.flatMap((report) => {
    const run = before.get(report.runId);
    if (!run) return [];
    const isStopping = stopping.has(run.runId);
    const stoppedBy = isStopping ? 'interactive-control' : cutShortBy(operation);
    const told = applyReport(run, report, { now, stoppedBy });
    // Its engine let go of it before it heard of the order.
    const isLetGo = isStopping && standsAtRung(told);
    return [{ before: run, after: isLetGo ? cutShort(told, 'interactive-control', now) : told }];
  });
};

/** Rows of the runs this worker holds; the order of their metrics is the order of the columns. */
const epochResults = (request: SyncRequest, { runs }: SyncContext): EpochResult[] => {
  const held = new Set(runs.filter(({ status }) => status !== 'deleted').map(({ runId }) => runId));
  return request.runs
    .filter(({ runId }) => held.has(runId))
    .flatMap(({ runId, epochs }) =>
      epochs.map(({ epoch, trainLoss, metrics }) => ({
        runId,
        epoch,
        trainLoss,
        metrics: Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
      })),
    );
};

const epochCheckpoints = (request: SyncRequest, { runs }: SyncContext): EpochCheckpoint[] => {
  const held = new Set(runs.map(({ runId }) => runId));
  return request.runs
    .filter(({ runId }) => held.has(runId))
    .flatMap(({ runId, epochCheckpoints: published = [] }) =>
      published.map(({ prefix, epoch }) => ({ runId, prefix, epoch })),
    );
};

const putLogs = async (
  worker: Worker,
  { logs }: SyncRequest,
  { artifacts }: WorkerPorts,
): Promise<void> => {
  if (logs.length === 0) return;
  const text = logs.map((line) => `${JSON.stringify(line)}\n`).join('');
  const { lease, sequence, lastSyncAt } = worker;
  await artifacts.putText(logKey(worker, { at: lastSyncAt ?? '', lease, sequence }), text);
};
