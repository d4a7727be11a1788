import { expect, test } from 'vitest';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import { somebody } from '../../adapters/testing/samples.ts';
import { withEmulator } from '../../adapters/testing/with-emulator.ts';
import { getOperation } from '../../lambdas/http/get-operation.ts';
import { stopRun } from '../../lambdas/http/stop-run.ts';
import { type Fit, startFit } from './fit.ts';
import { ScriptedEngine } from './scripted-engine.ts';

let aws: AwsPorts;
withEmulator((ports) => {
  aws = ports;
});

/** A worker in the middle of its work, beyond the first minute of its attempt. */
const settledWorker = async () => {
  const losses = [[1], [1]];
  const fit = await startFit(aws, { workers: 1, losses, halving: { eta: 2, minEpochs: 1 } });
  const [launch] = fit.launches;
  if (!launch) throw new Error('there is a worker');
  const engine = new ScriptedEngine(fit, launch);
  const interval = async (): Promise<number> => (await engine.sync()).syncIntervalSeconds;
  expect(await interval()).toBe(1);
  for (let i = 0; i < 60; i++) await interval();
  return { fit, interval };
};

const paramsOf = ({ operation: { workspace, experiment } }: Fit) => ({ workspace, experiment });

test('workers sync each second while somebody follows their operation, and seldom otherwise', async () => {
  const { fit, interval } = await settledWorker();
  const look = () =>
    getOperation.run(
      { params: { ...paramsOf(fit), operation: '1' }, query: {}, body: {} },
      fit.ports,
    );
  expect(await interval()).toBe(15);
  for (let i = 0; i < 12; i++) {
    await look();
    fit.pass(5);
    expect(await interval()).toBe(1);
  }
  fit.pass(30);
  expect(await interval()).toBe(15);
  await look();
  expect(await interval()).toBe(1);
});

test('a worker hears of a stop at its next sync, and goes on listening for more', async () => {
  const { fit, interval } = await settledWorker();
  expect(await interval()).toBe(15);
  const ports = { ...fit.ports, bucket: 'bucket', gpuHourUsd: 0 };
  const params = { ...paramsOf(fit), runId: '1' };
  await stopRun.run({ params, query: {}, body: {}, caller: somebody }, ports);
  expect(await interval()).toBe(1);
});
