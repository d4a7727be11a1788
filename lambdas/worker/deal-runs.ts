import type { SyncAnswer } from '../../contract/worker-protocol.ts';
import type { Dealing } from '../../domain/dealing.ts';
import { deal } from '../../domain/dealing.ts';
import { cutShortBy } from '../../domain/operation.ts';
import type { Run } from '../../domain/run.ts';
import {
  awaitsStart,
  dealtTogether,
  isDealtAlone,
  isKeptForClones,
  isOpen,
} from '../../domain/run.ts';
import type { Change, SyncContext } from '../../domain/worker-ports.ts';
import type { Admission } from '../../domain/worker-sync.ts';
import type { WorkerPorts } from './ports.ts';
import { secretsFor } from './secrets.ts';
import { startClones } from './start-clones.ts';

interface Dealt {
  readonly dealing: Dealing;
  readonly train: SyncAnswer['train'];
  /** Clones of which it is known by now where they start, or that they cannot. */
  readonly started: readonly Change<Run>[];
}

/**
 * Deals the worker its next runs, as many as it has room for. Runs that are over are passed by, and
 * clones whose parent has not yet said where they start. A repeated sync is dealt the same runs again.
 */
export const dealRuns = async (
  { worker, operation }: SyncContext,
  dealing: Dealing,
  { admission, room }: { readonly admission: Admission; readonly room: number },
  ports: Pick<WorkerPorts, 'runs' | 'workers' | 'artifacts' | 'clock'>,
): Promise<Dealt> => {
  if (cutShortBy(operation)) return { dealing: deal(dealing, []), train: [], started: [] };
  const again = admission === 'repeat';
  const runIds = again ? dealing.last : dealing.waiting.slice(0, room);
  const { runs: found, started } = await startClones(
    await ports.runs.findMany(worker, runIds),
    ports,
  );
  const ready = found.filter((run) => isOpen(run) && !awaitsStart(run));
  const dealt = again ? ready : dealtTogether(ready);
  const secretsOf = await secretsFor(worker, dealt, ports);
  const over = found.filter((run) => !isOpen(run));
  return {
    dealing: again ? dealing : deal(dealing, idsOf(dealt), idsOf(over)),
    train: dealt.map((run) => ({ ...show(run), ...secretsOf(run) })),
    started,
  };
};

const idsOf = (runs: readonly Run[]): readonly number[] => runs.map(({ runId }) => runId);

const show = (run: Run): SyncAnswer['train'][number] => {
  const { runId, config, seed, checkpoint, rung, start } = run;
  return {
    runId,
    config,
    completedEpochs: checkpoint?.epoch ?? 0,
    ...(checkpoint && { checkpoint }),
    ...(seed !== undefined && { seed }),
    ...(start?.prefix !== undefined && {
      warmStart: { prefix: start.prefix, onSameData: start.onSameData },
    }),
    ...(isKeptForClones(run) && { keepCheckpoint: true }),
    ...(rung !== undefined && { untilEpoch: rung }),
    ...(isDealtAlone(run) && { alone: true }),
  };
};
