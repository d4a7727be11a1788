import { syncWorker as route } from '../../contract/service-routes.ts';
import type { SyncAnswer, SyncRequest } from '../../contract/worker-protocol.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { isOver } from '../../domain/inference.ts';
import type { Instant } from '../../domain/instant.ts';
import type { SyncContext } from '../../domain/ports.ts';
import type { EpochCheckpoint, EpochResult, Run } from '../../domain/run.ts';
import { applyReport, isOpen, loseWorker } from '../../domain/run.ts';
import { logKey } from '../../domain/storage-layout.ts';
import type { Worker } from '../../domain/worker.ts';
import type { Admission, Presentation } from '../../domain/worker-sync.ts';
import { admit, advance } from '../../domain/worker-sync.ts';
import { workerOfToken, workerToken } from '../../domain/worker-token.ts';
import { sha256 } from '../token.ts';
import { useCase } from '../use-case.ts';
import { assignmentOf } from './assignment.ts';
import { dealRuns } from './deal-runs.ts';
import { takeInDownload } from './download.ts';
import { takeInInference } from './inference.ts';
import type { WorkerPorts } from './ports.ts';
import { storageScope } from './storage-scope.ts';

/** Until the next sync at the latest; short, so that a stop or a cancel takes effect soon. */
const syncIntervalSeconds = 2;

/** Rounds lost to the sweeper or a settling workflow before the worker is asked to try again. */
const maxRounds = 5;

export const syncWorker = useCase(route, async (call, ports: WorkerPorts) => {
  const now = ports.clock.now();
  for (let round = 0; round < maxRounds; round++) {
    const body = await sync(call.body, call.bearerToken ?? '', { ports, now });
    if (body) return { status: 200, body };
  }
  throw new Error(`a sync lost ${maxRounds} races in a row`);
});

/** Takes in one sync; `undefined` when somebody else changed the worker or a run meanwhile. */
const sync = async (
  request: SyncRequest,
  token: string,
  { ports, now }: { readonly ports: WorkerPorts; readonly now: Instant },
): Promise<SyncAnswer | undefined> => {
  const context = await findContext(request, token, ports);
  const presented = { ...request, tokenSha256: sha256(token) };
  const admission = admit(context, presented);
  if (admission === 'new-lease') await loseEarlierAttempt(context, presented, now, ports);
  const dealing = await dealRuns(context, admission, request.room, ports);
  const fresh = await freshAccess(context, admission, request, ports);
  const accepted = await accept(
    { context, admission, presented, request, now, dealt: dealing.dealt, token: fresh.token },
    ports,
  );
  if (!accepted) return undefined;
  return {
    sequence: request.sequence,
    ...fresh,
    ...(request.sequence === 1 && { assignment: await assignmentOf(accepted, ports) }),
    train: dealing.train,
    more: dealing.more,
    stop: [],
    drop: lateRuns(request, accepted.reported),
    exit: context.operation.status === 'cancelling' || isOver(accepted.worker.inference),
    syncIntervalSeconds,
  };
};

const findContext = async (
  request: SyncRequest,
  token: string,
  { workers }: WorkerPorts,
): Promise<SyncContext> => {
  const key = workerOfToken(token);
  const runIds = request.runs.map(({ runId }) => runId);
  const context = key && (await workers.findForSync(key, runIds));
  if (!context) throw new DomainError('unauthorized', 'this is no worker’s token');
  return context;
};

/** Runs that an earlier attempt was training when it was lost go on in this one, or fail if lost too often. */
const loseEarlierAttempt = async (
  { worker }: SyncContext,
  presented: Presentation,
  now: Instant,
  { runs }: WorkerPorts,
): Promise<void> => {
  const reason = whyLost(worker, presented);
  if (reason === undefined) return;
  const dealt = await runs.findMany(worker, worker.runIds.slice(0, worker.dealt.count));
  const lost = dealt.filter((run) => run.status === 'ongoing');
  await Promise.all(lost.map((run) => runs.replace(loseWorker(run, reason, now), 'ongoing')));
};

/** What became of the attempt before this one, unless this is the first of its job. */
const whyLost = (
  { lease, leaseAtJobStart, jobId }: Worker,
  { attempt }: Presentation,
): string | undefined =>
  lease === leaseAtJobStart
    ? undefined
    : `attempt ${attempt - 1} of AWS Batch job ${jobId} ended without a word`;

/** New storage credentials when asked for, and with them a new token. */
const freshAccess = async (
  context: SyncContext,
  admission: Admission,
  { needsCredentials }: SyncRequest,
  { credentials, artifacts, dataHandles, entropy }: WorkerPorts,
): Promise<Pick<SyncAnswer, 'token' | 'credentials'>> => {
  if (!needsCredentials && admission !== 'new-lease') return {};
  const scope = await storageScope(context, artifacts.bucket, dataHandles);
  return {
    token: workerToken(context.worker, entropy.secret()),
    credentials: await credentials.issue(scope),
  };
};

interface Acceptance {
  readonly context: SyncContext;
  readonly admission: Admission;
  readonly presented: Presentation;
  readonly request: SyncRequest;
  readonly now: Instant;
  readonly dealt: Worker['dealt'];
  readonly token: string | undefined;
}

/**
 * Writes what the worker told: logs and epochs first, so that a run is never seen completed without
 * them, then worker and runs in one transaction. A repeated sync told nothing new.
 */
const accept = async (
  { context, admission, presented, request, now, dealt, token }: Acceptance,
  ports: WorkerPorts,
): Promise<(SyncContext & { readonly reported: readonly Run[] }) | undefined> => {
  const advanced = advance(context.worker, admission, {
    presented,
    tokenSha256: token && sha256(token),
    dealt,
    now,
  });
  const inference = takeInInference(advanced, request.inference, {
    operation: context.operation,
    bucket: ports.artifacts.bucket,
    lost: admission === 'new-lease' ? whyLost(context.worker, presented) : undefined,
  });
  const worker = { ...advanced, inference };
  const news = admission === 'repeat' ? { ...request, runs: [], logs: [] } : request;
  await Promise.all([
    ports.results.putMany(worker, epochResults(news, context)),
    ports.epochCheckpoints.putMany(worker, epochCheckpoints(news, context)),
    putLogs(worker, news, ports),
  ]);
  const runs = changedRuns(news, context, now);
  const accepted = await ports.workers.acceptSync({
    worker,
    expected: context.worker,
    runs,
    dataHandle: await takeInDownload(request, context, ports),
  });
  if (!accepted) return undefined;
  const after = new Map(runs.map((run) => [run.after.runId, run.after]));
  return { ...context, worker, reported: context.runs.map((run) => after.get(run.runId) ?? run) };
};

const changedRuns = (
  request: SyncRequest,
  { runs, operation }: SyncContext,
  now: Instant,
): { before: Run; after: Run }[] => {
  const stoppedBy = operation.status === 'cancelling' ? 'cancelled' : 'interactive-control';
  const before = new Map(runs.map((run) => [run.runId, run]));
  return request.runs.flatMap((report) => {
    const run = before.get(report.runId);
    return run ? [{ before: run, after: applyReport(run, report, { now, stoppedBy }) }] : [];
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

/** Runs that the worker still trains although they are over. */
const lateRuns = (request: SyncRequest, reported: readonly Run[]): number[] => {
  const over = new Set(reported.filter((run) => !isOpen(run)).map(({ runId }) => runId));
  return request.runs
    .filter(({ status, runId }) => status === 'ongoing' && over.has(runId))
    .map(({ runId }) => runId);
};
