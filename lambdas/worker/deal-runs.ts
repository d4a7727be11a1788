import type { SyncAnswer } from '../../contract/worker-protocol.ts';
import type { Dealing } from '../../domain/dealing.ts';
import { deal } from '../../domain/dealing.ts';
import { cutShortBy } from '../../domain/operation.ts';
import type { Run } from '../../domain/run.ts';
import { dealtTogether, isDealtAlone, isOpen } from '../../domain/run.ts';
import type { SyncContext } from '../../domain/worker-ports.ts';
import type { Admission } from '../../domain/worker-sync.ts';
import type { WorkerPorts } from './ports.ts';
import { secretsFor } from './secrets.ts';

interface Dealt {
  readonly dealing: Dealing;
  readonly train: SyncAnswer['train'];
}

/**
 * Deals the worker its next runs, as many as it has room for. Runs that are over are passed by. A
 * repeated sync is dealt the same runs again.
 */
export const dealRuns = async (
  { worker, operation }: SyncContext,
  dealing: Dealing,
  { admission, room }: { readonly admission: Admission; readonly room: number },
  { runs, artifacts }: Pick<WorkerPorts, 'runs' | 'artifacts'>,
): Promise<Dealt> => {
  if (cutShortBy(operation)) return { dealing: deal(dealing, 0, []), train: [] };
  const again = admission === 'repeat';
  const runIds = again ? dealing.last : dealing.waiting.slice(0, room);
  const wanted = (await runs.findMany(worker, runIds)).filter(isOpen);
  const open = again ? wanted : dealtTogether(wanted);
  const secretsOf = await secretsFor(worker, open, { artifacts });
  const dealt = open.map(({ runId }) => runId);
  const next = wanted[open.length];
  const looked = next === undefined ? runIds.length : runIds.indexOf(next.runId);
  return {
    dealing: again ? dealing : deal(dealing, looked, dealt),
    train: open.map((run) => ({ ...show(run), ...secretsOf(run) })),
  };
};

const show = (run: Run): SyncAnswer['train'][number] => {
  const { runId, config, seed, checkpoint, rung } = run;
  return {
    runId,
    config,
    completedEpochs: checkpoint?.epoch ?? 0,
    ...(checkpoint && { checkpoint }),
    ...(seed !== undefined && { seed }),
    ...(rung !== undefined && { untilEpoch: rung }),
    ...(isDealtAlone(run) && { alone: true }),
  };
};
