import type { SyncAnswer } from '../../contract/worker-protocol.ts';
import type { SyncContext } from '../../domain/ports.ts';
import { isOpen } from '../../domain/run.ts';
import type { Worker } from '../../domain/worker.ts';
import type { Admission } from '../../domain/worker-sync.ts';
import type { WorkerPorts } from './ports.ts';

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
  { runs }: Pick<WorkerPorts, 'runs'>,
): Promise<Dealing> => {
  const from = start(worker, admission);
  if (operation.status === 'cancelling')
    return { dealt: { from, count: from }, train: [], more: false };
  const count =
    admission === 'repeat' ? worker.dealt.count : Math.min(from + room, worker.runIds.length);
  const found = await runs.findMany(worker, worker.runIds.slice(from, count));
  const train = found.filter(isOpen).map(({ runId, config, checkpoint }) => ({
    runId,
    config,
    completedEpochs: checkpoint?.epoch ?? 0,
    ...(checkpoint && { checkpoint }),
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
