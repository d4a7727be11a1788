import { syncWorker as route } from '../../contract/service-routes.ts';
import type { SyncAnswer, SyncRequest } from '../../contract/worker-protocol.ts';
import type { Dealing } from '../../domain/dealing.ts';
import { recall } from '../../domain/dealing.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { isOver } from '../../domain/inference.ts';
import type { Instant } from '../../domain/instant.ts';
import { isOpen } from '../../domain/run.ts';
import { syncIntervalSeconds } from '../../domain/sync-interval.ts';
import type { Worker } from '../../domain/worker.ts';
import type { SyncContext } from '../../domain/worker-ports.ts';
import type { Admission } from '../../domain/worker-sync.ts';
import { admit } from '../../domain/worker-sync.ts';
import { workerOfToken, workerToken } from '../../domain/worker-token.ts';
import { sha256 } from '../token.ts';
import { useCase } from '../use-case.ts';
import { assignmentOf } from './assignment.ts';
import { dealRuns } from './deal-runs.ts';
import { lookAround } from './look-around.ts';
import { loseEarlierAttempt } from './lost-attempt.ts';
import type { WorkerPorts } from './ports.ts';
import { storageScope } from './storage-scope.ts';
import { takeIn } from './take-in.ts';

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
  const before = dealingBefore(context.worker, admission);
  const how = { admission, room: request.room };
  const { dealing, train, started } = await dealRuns(context, before, how, ports);
  const fresh = await freshAccess(context, admission, request, ports);
  const { token: freshToken } = fresh;
  const told = { context, admission, presented, request, now, dealing, started, token: freshToken };
  const takenIn = await takeIn(told, ports);
  if (!takenIn) return undefined;
  const { exit, more, soon } = await lookAround(takenIn, ports);
  return {
    sequence: request.sequence,
    ...fresh,
    ...(request.sequence === 1 && { assignment: await assignmentOf(takenIn, ports) }),
    train,
    more,
    stop: [...takenIn.worker.dealing.stopping],
    branch: [...takenIn.worker.dealing.branching],
    drop: [...lateRuns(request, takenIn), ...takenIn.worker.dealing.dropping],
    exit: exit || isOver(takenIn.worker.inference),
    syncIntervalSeconds: soon ? 0 : syncIntervalSeconds(takenIn.worker, takenIn.operation, now),
  };
};

/** A new attempt has nothing in hand yet. */
const dealingBefore = ({ dealing }: Worker, admission: Admission): Dealing =>
  admission === 'new-lease' ? recall(dealing) : dealing;

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

/** Runs that the worker still trains although they are over; those that it is to stop it stops. */
const lateRuns = (request: SyncRequest, { runs, worker }: SyncContext): number[] => {
  const { stopping } = worker.dealing;
  const late = runs.filter((run) => !isOpen(run) && !stopping.includes(run.runId));
  const over = new Set(late.map(({ runId }) => runId));
  return request.runs
    .filter(({ status, runId }) => status === 'ongoing' && over.has(runId))
    .map(({ runId }) => runId);
};
