import { expect, test, vi } from 'vitest';
import { inParallel } from '../../adapters/in-parallel.ts';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import { withEmulator } from '../../adapters/testing/with-emulator.ts';
import { isOpen } from '../../domain/run.ts';
import type { Worker } from '../../domain/worker.ts';
import { advanceRungs } from '../../lambdas/advance-rungs.ts';
import { startFit } from './fit.ts';

vi.setConfig({ testTimeout: 600_000 });

let aws: AwsPorts;
withEmulator((ports) => {
  aws = ports;
});

const runCount = 10_000;
const workerCount = 8;

/** A step of a workflow has 1 GB and 5 minutes; a sync is answered within 20 s. */
const most = { heapMb: 200, planSeconds: 120, lookSeconds: 15 };

const seconds = (from: number): number => (performance.now() - from) / 1000;

test('10,000 runs are planned in bounded time and memory, and halved by all their workers', async () => {
  const [begun, heap] = [performance.now(), process.memoryUsage().heapUsed];
  const losses = Array.from({ length: runCount }, (_, i) => [i, i]);
  const halving = { eta: 2, minEpochs: 1 };
  const fit = await startFit(aws, { workers: workerCount, losses, halving });
  expect(seconds(begun)).toBeLessThan(most.planSeconds);
  expect((process.memoryUsage().heapUsed - heap) / 1e6).toBeLessThan(most.heapMb);

  const workers = await everyoneArrives(fit);
  for (const worker of workers) await leaveRung(worker, fit);
  const runs = await fit.runs();
  expect(runs.filter(isOpen).map(({ runId }) => runId)).toEqual(
    Array.from({ length: runCount / 2 }, (_, i) => i + 1),
  );
  expect(new Set(runs.slice(runCount / 2).map(({ endedBy }) => endedBy))).toEqual(new Set(['sha']));
});

type Fit = Awaited<ReturnType<typeof startFit>>;

/** Writes what thousands of syncs would have told: every run has trained its first epoch. */
const everyoneArrives = async ({ operation, ports, runs }: Fit): Promise<readonly Worker[]> => {
  const { workspace, experiment } = operation;
  const results = Array.from({ length: runCount }, (_, i) => ({
    runId: i + 1,
    epoch: 1,
    trainLoss: 0,
    metrics: { val_loss: i },
  }));
  await ports.results.putMany({ workspace, experiment }, results);
  const checkpoint = { prefix: 'p/', epoch: 1, chunk: 0 };
  await inParallel(await runs(), 16, async (run) => {
    await ports.runs.replace({ ...run, status: 'ongoing', completedEpochs: 1, checkpoint }, 'new');
  });
  const workers = await ports.workers.listByOperation(operation);
  const arrived = workers.map(async (worker) => {
    const atRungs = [{ bracket: 0, epoch: 1, runIds: worker.dealing.waiting }];
    const dealing = { ...worker.dealing, waiting: [], atRungs };
    return ports.workers.replace({ ...worker, dealing }, worker);
  });
  return (await Promise.all(arrived)).flatMap((worker) => worker ?? []);
};

const leaveRung = async (worker: Worker, fit: Fit): Promise<void> => {
  const begun = performance.now();
  const { worker: after, moved } = await advanceRungs(worker, fit.operation, fit.ports);
  expect(seconds(begun)).toBeLessThan(most.lookSeconds);
  if (moved) await leaveRung(after, fit);
};
