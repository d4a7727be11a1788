import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import { withEmulator } from '../../adapters/testing/with-emulator.ts';
import type { SyncRequest } from '../../contract/worker-protocol.ts';
import { interruptionsBeforeOnDemand, leaseSeconds, queues } from '../../domain/worker.ts';
import { jobState } from '../../lambdas/events/job-state.ts';
import { sweep } from '../../lambdas/events/sweep.ts';
import { completeOperation } from '../../lambdas/workflow/complete-operation.ts';
import type { WorkerLaunch } from '../../lambdas/workflow/step.ts';
import { type Fit, startFit } from '../halving/fit.ts';
import { ScriptedEngine } from '../halving/scripted-engine.ts';

/*
 * Faults between the control plane and its workers, on the emulator, with engines that only talk. Where the
 * other faults are tried:
 *
 * | Fault                                                   | Where                                                |
 * | ------------------------------------------------------- | ---------------------------------------------------- |
 * | SIGKILL and SIGTERM of the engine, user code's worst    | test/e2e/faults, engine: test_process, exactness     |
 * | a reclaimed Spot host                                   | engine: test_process                                 |
 * | answers to syncs lost, sent again, late                 | engine: test_control, exactness; test/halving        |
 * | S3 that errs, slow and broken-off uploads, bad clocks   | engine: test_storage, test_outages, exactness        |
 * | callers, workflows and workers racing                   | test/races                                           |
 * | SubmitJob throttled                                     | test/e2e/faults, local/tests (waits and jitter)      |
 * | emulator, client and execution lost                     | test/e2e/persistence, killed-client                  |
 */

vi.setConfig({ testTimeout: 120_000 });

let aws: AwsPorts;
withEmulator((ports) => {
  aws = ports;
});

const epochs = 3;

/** A fit of four runs over two workers, without rungs. */
const newFit = async (): Promise<Fit> =>
  startFit(aws, {
    workers: 2,
    losses: [1, 2, 3, 4].map((loss) => Array<number>(epochs).fill(loss)),
    halving: { eta: 2, minEpochs: epochs },
  });

/** Sweeps with AWS Batch looking on: the names of jobs that were terminated. */
const swept = async (fit: Fit): Promise<readonly string[]> => {
  const terminated: string[] = [];
  const jobQueue = { terminateByPrefix: async (prefix: string) => terminated.push(prefix) };
  const workflows = { start: async () => undefined, status: async () => 'running' as const };
  await sweep({ ...fit.ports, jobQueue, workflows });
  const names = fit.launches.map((launch) => launch.jobName);
  return terminated.filter((prefix) => names.some((name) => name.startsWith(prefix)));
};

const enginesOf = (fit: Fit): readonly [ScriptedEngine, ScriptedEngine] => {
  const [first, second] = fit.launches.map((launch) => new ScriptedEngine(fit, launch));
  if (!first || !second) throw new Error('two workers were planned');
  return [first, second];
};

const workOn = async (engine: ScriptedEngine): Promise<void> => {
  while (!engine.isDone) {
    engine.train();
    await engine.sync();
  }
};

/** The first run is in training, but has not come far. */
const begun: SyncRequest['runs'][number] = {
  runId: 1,
  status: 'ongoing',
  completedEpochs: 0,
  epochs: [],
  runtimeSeconds: 1,
};

const workInNextJob = async (fit: Fit, launch: WorkerLaunch): Promise<void> => {
  const settled = await fit.settle(launch);
  if (settled.next !== 'train') throw new Error(`settled to ${settled.next}`);
  const engine = new ScriptedEngine(fit, settled);
  await workOn(engine);
  expect(await fit.settle(settled)).toEqual({ next: 'leave' });
};

/** Every run is over, every epoch is told once, and nothing waits for anything. */
const expectAllWell = async (fit: Fit, attempts: readonly number[]): Promise<void> => {
  expect(await completeOperation(fit.operation, fit.ports)).toMatchObject({ status: 'completed' });
  const runs = await fit.runs();
  expect(runs.map(({ status }) => status)).toEqual(Array(4).fill('completed'));
  expect(runs.map((run) => run.attempts)).toEqual(attempts);
  const range = { firstRunId: 1, lastRunId: 4, limit: 100 };
  const { items } = await aws.results.list(fit.operation, range);
  expect(items.map(({ runId, epoch }) => `${runId}.${epoch}`)).toEqual(
    [1, 2, 3, 4].flatMap((runId) => [1, 2, 3].map((epoch) => `${runId}.${epoch}`)),
  );
};

describe('a host that falls silent', () => {
  test('is found by the sweeper, and its runs go on in another job', async () => {
    const fit = await newFit();
    const [lost, other] = enginesOf(fit);
    await lost.sync();
    lost.train();
    await Promise.all([lost.sync(), other.sync()]);
    expect(await swept(fit)).toEqual([]);
    fit.pass(leaseSeconds + 1);
    await other.sync();
    expect(await swept(fit)).toEqual([lost.launch.jobName]);

    await workOn(other);
    await workInNextJob(fit, lost.launch);
    expect(await fit.settle(other.launch)).toEqual({ next: 'leave' });
    // The other run in its hands had not been begun.
    await expectAllWell(fit, [2, 1, 1, 1]);
  });

  test('and is heard again is not heard any more, whatever it says', async () => {
    const fit = await newFit();
    const [lost, other] = enginesOf(fit);
    await lost.sync();
    lost.train();
    await lost.sync();
    fit.pass(leaseSeconds + 1);
    await workInNextJob(fit, lost.launch);
    const before = await fit.runs();

    lost.train();
    await expect(lost.sync()).rejects.toMatchObject({ refusal: 'worker-fenced' });
    expect(await fit.runs()).toEqual(before);
    await workOn(other);
    await fit.settle(other.launch);
    await expectAllWell(fit, [2, 1, 1, 1]);
  });

  test('is heard, swept and settled at once: one wins, and nothing is lost', async () => {
    for (const order of [0, 1, 2]) {
      const fit = await newFit();
      const [late, other] = enginesOf(fit);
      await late.sync();
      late.train();
      fit.pass(leaseSeconds + 1);
      const calls = [() => late.sync(), () => swept(fit), () => fit.settle(late.launch)];
      const turned = [...calls.slice(order), ...calls.slice(0, order)];
      const [heard, , settled] = await Promise.allSettled(turned.map((call) => call())).then(
        (all) => calls.map((call) => all[turned.indexOf(call)]),
      );
      expect([heard?.status, settled?.status]).toContain('fulfilled');
      // The state machine settles again when it lost the race; the job is gone by then.
      await workInNextJob(fit, late.launch);
      await workOn(other);
      await fit.settle(other.launch);
      const runs = await fit.runs();
      expect(runs.map(({ status }) => status)).toEqual(Array(4).fill('completed'));
    }
  });
});

describe('a machine that is taken away', () => {
  test('again and again, before its runs got any further, fails none of them', async () => {
    const fit = await newFit();
    const [first, other] = enginesOf(fit);
    let engine = first;
    for (let times = 0; times < 4; times++) {
      await engine.sync();
      await engine.sync(1, { runs: [begun], interrupted: true });
      engine = engine.next();
    }
    await workOn(engine);
    await workOn(other);
    for (const { launch } of [engine, other]) {
      expect(await fit.settle(launch)).toEqual({ next: 'leave' });
    }
    await expectAllWell(fit, [5, 1, 1, 1]);
    expect((await fit.runs())[0]).toMatchObject({ interruptions: 4, fruitlessAttempts: 0 });
  });

  test('is followed by On-Demand hosts in its next job, after a few times', async () => {
    const fit = await newFit();
    const [first] = enginesOf(fit);
    expect(first.launch.queue).toBe(queues.spotFirst);
    let engine = first;
    for (let times = 1; times < interruptionsBeforeOnDemand; times++) {
      await engine.sync();
      await engine.sync(1, { interrupted: true });
      engine = engine.next();
    }
    await engine.sync();
    expect(await fit.settle(engine.launch)).toMatchObject({ queue: queues.spotFirst });
    const again = await fit.settle(engine.launch);
    if (again.next !== 'train') throw new Error(`settled to ${again.next}`);
    const last = new ScriptedEngine(fit, again);
    await last.sync();
    await last.sync(1, { interrupted: true });
    expect(await fit.settle(again)).toMatchObject({ queue: queues.onDemand });
  });

  test('for good is left by its job, and what it held goes on in the next', async () => {
    const fit = await newFit();
    const [engine, other] = enginesOf(fit);
    await engine.sync();
    await engine.sync(1, { runs: [begun], interrupted: true });
    await workInNextJob(fit, engine.launch);
    await workOn(other);
    await fit.settle(other.launch);
    await expectAllWell(fit, [2, 1, 1, 1]);
    expect((await fit.runs())[0]).toMatchObject({ interruptions: 1 });
  });
});

describe('two jobs of one worker, as when the answer to SubmitJob was lost,', () => {
  test('take over from each other: only the newest is heard', async () => {
    const fit = await newFit();
    const [first, other] = enginesOf(fit);
    await first.sync();
    first.train();
    await first.sync();
    const second = new ScriptedEngine(fit, first.launch);
    await second.sync();
    await expect(first.sync()).rejects.toMatchObject({ refusal: 'worker-fenced' });
    await workOn(second);
    await workOn(other);
    for (const { launch } of [second, other]) {
      expect(await fit.settle(launch)).toEqual({ next: 'leave' });
    }
    await expectAllWell(fit, [2, 1, 1, 1]);
  });
});

describe('events of a job', () => {
  test('that come twice, late and in any order leave the note of the last one', async () => {
    const statuses = ['SUBMITTED', 'RUNNABLE', 'STARTING', 'RUNNING', 'FAILED'];
    const fit = await newFit();
    const [launch] = fit.launches;
    if (!launch) throw new Error('workers were planned');
    const { workspace, experiment } = fit.operation;
    const parameters = { workspace, experiment, operation: '1', worker: launch.worker };
    const arrivals = fc.shuffledSubarray([...statuses, ...statuses], { minLength: 10 });
    await fc.assert(
      fc.asyncProperty(arrivals, fc.nat({ max: 1_000_000 }), async (order, second) => {
        const jobId = randomUUID();
        const before = await fit.runs();
        for (const status of order) {
          const moment = Date.now() + 1000 * (10 * second + statuses.indexOf(status));
          const detail = { jobId, status, parameters, attempts: [{}] };
          await jobState({ time: new Date(moment).toISOString(), detail }, fit.ports);
        }
        const notes = await aws.jobNotes.listByOperation(fit.operation);
        expect(notes.map((note) => note.status)).toEqual(['FAILED']);
        expect(await fit.runs()).toEqual(before);
      }),
      { numRuns: 10 },
    );
  });
});
