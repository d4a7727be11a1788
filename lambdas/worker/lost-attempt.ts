import type { Instant } from '../../domain/instant.ts';
import type { Run } from '../../domain/run.ts';
import { cutShort, interrupt, loseWorker } from '../../domain/run.ts';
import type { Worker } from '../../domain/worker.ts';
import type { SyncContext } from '../../domain/worker-ports.ts';
import type { Presentation } from '../../domain/worker-sync.ts';
import type { WorkerPorts } from './ports.ts';

/**
 * Runs that an earlier attempt was training when it was lost go on in this one, or fail if lost too often.
 * Those that it was to stop are stopped with that.
 */
export const loseEarlierAttempt = async (
  { worker }: SyncContext,
  presented: Presentation,
  now: Instant,
  { runs }: Pick<WorkerPorts, 'runs'>,
): Promise<void> => {
  const reason = whyLost(worker, presented);
  if (reason === undefined) return;
  const held = await runs.findMany(worker, worker.dealing.held);
  const lost = held.filter((run) => run.status === 'ongoing');
  const stopping = new Set(worker.dealing.stopping);
  const settled = (run: Run): Run => {
    if (stopping.has(run.runId)) return cutShort(run, 'interactive-control', now);
    return worker.interrupted ? interrupt(run) : loseWorker(run, reason, now);
  };
  await Promise.all(lost.map((run) => runs.replace(settled(run), 'ongoing')));
};

/** What became of the attempt before this one, unless this is the first of its job. */
export const whyLost = (
  { lease, leaseAtJobStart, jobId }: Worker,
  { attempt }: Presentation,
): string | undefined =>
  lease === leaseAtJobStart
    ? undefined
    : `attempt ${attempt - 1} of AWS Batch job ${jobId} ended without a word`;
