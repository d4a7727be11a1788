import { beforeEach, describe, expect, test, vi } from 'vitest';
import { inParallel } from '../../adapters/in-parallel.ts';
import { nodeEntropy } from '../../adapters/node-entropy.ts';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import { dataHandleOf, experimentOf, fitOf, newKey } from '../../adapters/testing/samples.ts';
import { withEmulator } from '../../adapters/testing/with-emulator.ts';
import type { FitRequest, Operation } from '../../domain/operation.ts';
import type { Run } from '../../domain/run.ts';
import { fail } from '../../domain/run.ts';
import { configsKey } from '../../domain/storage-layout.ts';
import { completeOperation } from '../../lambdas/workflow/complete-operation.ts';
import { createRuns } from '../../lambdas/workflow/create-runs.ts';
import { planOperation } from '../../lambdas/workflow/plan-operation.ts';

/* Fits of more runs than are read or written at once. */

vi.setConfig({ testTimeout: 120_000 });

let aws: AwsPorts;
withEmulator((ports) => {
  aws = ports;
});

const clock = { now: () => '2026-01-01T00:00:00.000Z' };
const count = 900;
let fit: Operation & { readonly request: FitRequest };

beforeEach(async () => {
  const key = newKey();
  const operation = fitOf(key, 1, count);
  if (operation.request.kind !== 'fit') throw new Error('a fit is what was asked for');
  fit = { ...operation, request: operation.request };
  await aws.experiments.create(experimentOf(key), undefined);
  await aws.operations.start(experimentOf(key), fit, { dataHandle: dataHandleOf(key) });
});

const keepConfigs = (configs: number): Promise<void> =>
  aws.artifacts.putText(
    configsKey(fit, 1, fit.request.configsSha256),
    Array.from({ length: configs }, (_, i) => `{"i":${i}}\n`).join(''),
  );

const plan = () => planOperation(fit, { ...aws, clock, entropy: nodeEntropy });

const runs = (): Promise<readonly Run[]> =>
  aws.runs.findMany(
    fit,
    Array.from({ length: count }, (_, i) => i + 1),
  );

test('a plan that was lost half-way is done again, with every run once', async () => {
  await keepConfigs(count);
  let calls = 0;
  const createMany = async (some: readonly Run[]): Promise<void> => {
    calls += 1;
    if (calls > 1) throw new Error('the function is lost');
    await aws.runs.createMany(some);
  };
  const breaking = { ...aws, clock, runs: Object.assign(Object.create(aws.runs), { createMany }) };
  await expect(createRuns(fit, { request: fit.request, runIds: [] }, breaking)).rejects.toThrow(
    'the function is lost',
  );
  const written = (await runs()).length;
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThan(count);
  const { workers } = await plan();
  expect(workers).toHaveLength(2);
  expect((await runs()).map(({ config }) => config)).toEqual(
    Array.from({ length: count }, (_, i) => ({ i })),
  );
});

test('fewer configs than runs are no plan', async () => {
  await keepConfigs(count - 1);
  await expect(plan()).rejects.toThrow(`holds ${count - 1} configs, not ${count}`);
});

describe('a fit that is over', () => {
  const error = { message: 't.csv changed', errorType: 'data-changed' } as const;

  /** All runs have failed but those named. */
  const failAll = async (but: readonly number[] = []): Promise<void> => {
    await keepConfigs(count);
    await plan();
    const failing = (await runs()).filter(({ runId }) => !but.includes(runId));
    await inParallel(failing, 20, async (run) => {
      await aws.runs.replace(fail(run, error, clock.now()), run.status);
    });
    const workers = await aws.workers.listByOperation(fit);
    await Promise.all(
      workers.map((worker) => aws.workers.replace({ ...worker, status: 'gone' }, worker)),
    );
  };

  const complete = async (): Promise<Operation | undefined> => {
    await completeOperation(fit, { ...aws, clock });
    return aws.operations.find(fit);
  };

  test('has failed when the data were at fault in every run', async () => {
    await failAll();
    expect(await complete()).toMatchObject({
      status: 'failed',
      error: error.message,
      errorType: error.errorType,
    });
  });

  test('has not when the last run had another fate; it is not left open', async () => {
    await failAll([count]);
    expect(await complete()).toMatchObject({ status: 'completed' });
    expect((await runs()).at(-1)).toMatchObject({ status: 'stopped', endedBy: 'cancelled' });
  });
});
