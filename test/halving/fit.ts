import { nodeEntropy } from '../../adapters/node-entropy.ts';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import { dataHandleOf, experimentOf, fitOf, newKey } from '../../adapters/testing/samples.ts';
import { plusSeconds } from '../../domain/instant.ts';
import type { FitRequest, Operation } from '../../domain/operation.ts';
import type { MetricValue, Run } from '../../domain/run.ts';
import type { Bracket } from '../../domain/sha.ts';
import { configsKey } from '../../domain/storage-layout.ts';
import { planOperation } from '../../lambdas/workflow/plan-operation.ts';
import { settleWorker } from '../../lambdas/workflow/settle-worker.ts';
import type { WorkerLaunch } from '../../lambdas/workflow/step.ts';

interface Epoch {
  readonly runId: number;
  readonly epoch: number;
}

export type Fit = Awaited<ReturnType<typeof startFit>>;

interface FitOptions {
  readonly workers: number;
  /** What each run's `val_loss` is after each epoch. */
  readonly losses: readonly (readonly MetricValue[])[];
  readonly halving: Pick<Bracket, 'eta' | 'minEpochs'>;
}

/** A fit of one bracket, planned in the table, with a clock that the test sets. */
export const startFit = async (aws: AwsPorts, { workers, losses, halving }: FitOptions) => {
  const key = newKey();
  const [experiment, dataHandle] = [experimentOf(key), dataHandleOf(key)];
  const epochs = losses[0]?.length ?? 0;
  const runCount = losses.length;
  const how = { ...halving, metric: 'val_loss', mode: 'min', maxEpochs: epochs } as const;
  const plain = fitOf(key, 1, runCount);
  const brackets: readonly Bracket[] = [{ ...how, firstRunId: 1, runCount }];
  const request = { ...plain.request, brackets, maxWorkers: workers } as FitRequest;
  const operation: Operation = { ...plain, request };

  let now = new Date().toISOString();
  const clock = { now: () => now };
  const ports = { ...aws, clock, entropy: nodeEntropy };

  await ports.experiments.create(experiment, undefined);
  await ports.operations.start(experiment, operation, { dataHandle });
  await ports.artifacts.putText(
    configsKey(key, 1, request.configsSha256),
    losses.map(() => '{}\n').join(''),
  );
  const step = { ...key, operation: 1 };
  const plan = await planOperation(step, ports);

  return {
    ports,
    operation,
    epochs,
    losses,
    launches: plan.workers,
    /** Every epoch that was trained, in order. */
    trained: [] as Epoch[],
    pass: (seconds: number): void => {
      now = plusSeconds(now, seconds);
    },
    settle: ({ worker, token }: WorkerLaunch) => settleWorker({ ...step, worker, token }, ports),
    runs: async (): Promise<readonly Run[]> =>
      ports.runs.findMany(
        key,
        losses.map((_, i) => i + 1),
      ),
  };
};
