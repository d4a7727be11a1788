import type { SyncAnswer } from '../../contract/worker-protocol.ts';
import type { SyncContext } from '../../domain/ports.ts';
import { isOpen } from '../../domain/run.ts';
import type { Worker } from '../../domain/worker.ts';
import type { Admission } from '../../domain/worker-sync.ts';
import type { WorkerPorts } from './ports.ts';
import { secretsFor } from './secrets.ts';

interface Dealing {
  readonly dealt: Worker['dealt'];
  readonly train: SyncAnswer['train'];
  readonly more: boolean;
}

/**
 * Deals the worker its next runs, as many as it has room for. Runs that are over are passed by. A
 * repeated sync is dealt the same runs again; a new lease starts over.
 */
export const dealRuns = async (
  { worker, operation }: SyncContext,
  admission: Admission,
  room: number,
  { runs, artifacts }: Pick<WorkerPorts, 'runs' | 'artifacts'>,
): Promise<Dealing> => {
  const from = start(worker, admission);
  if (operation.status === 'cancelling')
    return { dealt: { from, count: from }, train: [], more: false };
  const count =
    admission === 'repeat' ? worker.dealt.count : Math.min(from + room, worker.runIds.length);
  const found = await runs.findMany(worker, worker.runIds.slice(from, count));
  const dealt = found.filter(isOpen);
  const secretsOf = await secretsFor(worker, dealt, { artifacts });
  const train = dealt.map((run) => ({
    runId: run.runId,
    config: run.config,
    ...secretsOf(run),
    completedEpochs: run.checkpoint?.epoch ?? 0,
    ...(run.checkpoint && { checkpoint: run.checkpoint }),
  }));
  return { dealt: { from, count }, train, more: count < worker.runIds.length };
};

const start = (worker: Worker, admission: Admission): number => {
  const starts: Record<Admission, number> = {
    'new-lease': 0,
    next: worker.dealt.count,
    repeat: worker.dealt.from,
  };
  return starts[admission];
};
