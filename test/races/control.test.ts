import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import {
  dataHandleOf,
  experimentOf,
  fitOf,
  newKey,
  somebody,
} from '../../adapters/testing/samples.ts';
import { withEmulator } from '../../adapters/testing/with-emulator.ts';
import type { ControlEntry } from '../../domain/control.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { FitRequest } from '../../domain/operation.ts';
import type { ExecutionRequest } from '../../domain/ports.ts';
import type { Run } from '../../domain/run.ts';
import { configsKey } from '../../domain/storage-layout.ts';
import { cloneRun } from '../../lambdas/http/clone-run.ts';
import { deleteRun } from '../../lambdas/http/delete-run.ts';
import { resumeRun } from '../../lambdas/http/resume-run.ts';
import { stopRun } from '../../lambdas/http/stop-run.ts';
import { completeOperation } from '../../lambdas/workflow/complete-operation.ts';
import { planOperation } from '../../lambdas/workflow/plan-operation.ts';
import { settleWorker } from '../../lambdas/workflow/settle-worker.ts';
import type { WorkerLaunch } from '../../lambdas/workflow/step.ts';
import { stretches } from './choices.ts';
import type { Snapshot } from './legal.ts';
import { expectLegal, snapshotOf } from './legal.ts';
import { portsOf } from './ports.ts';
import { lastEpoch, SteeredEngine } from './steered-engine.ts';
import { Turns } from './turns.ts';
import { tried } from './workflow.ts';

vi.setConfig({ testTimeout: 600_000 });

let aws: AwsPorts;
withEmulator((ports) => {
  aws = ports;
});

const command = fc.record({
  op: fc.constantFrom('stop', 'stop', 'resume', 'resume', 'resume', 'clone', 'delete'),
  runId: fc.constantFrom(1, 1, 1, 2),
  /** Of clones. */
  warmStart: fc.boolean(),
});
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

const commands = fc.array(command, { minLength: 2, maxLength: 6, size: 'max' });

const game = fc.record({
  clients: fc.tuple(commands, commands),
  /** After how many syncs each AWS Batch job dies, the first ones. */
  deaths: fc.array(fc.integer({ min: 2, max: 4 }), { maxLength: 2 }),
  choices: stretches(3, 60),
});
type Game = typeof game extends fc.Arbitrary<infer G> ? G : never;

const config = {
  train: { epochs: lastEpoch, batch_size: 1, optimizer: { name: 'SGD', args: { lr: 0.1 } } },
};

/** A fit of three runs of which a worker has all, or two workers have one or two. */
const planFit = async (maxWorkers: number, start: (request: ExecutionRequest) => void) => {
  const key = newKey();
  const turns = new Turns();
  const ports = { ...portsOf(aws, turns, start), bucket: 'b' };
  const plain = fitOf(key, 1, 3);
  const request = { ...plain.request, maxWorkers } as FitRequest;
  await aws.experiments.create(experimentOf(key), undefined);
  const dataHandle = dataHandleOf(key);
  await aws.operations.start(experimentOf(key), { ...plain, request }, { dataHandle });
  const { configsSha256 } = request;
  await aws.artifacts.putText(
    configsKey(key, 1, configsSha256),
    `${JSON.stringify(config)}\n`.repeat(3),
  );
  const step = { ...key, operation: 1 };
  const { workers } = await planOperation(step, { ...ports, ...aws });
  return { key, turns, ports, step, launches: workers };
};

const useCases = { stop: stopRun, resume: resumeRun, delete: deleteRun };

const play = async ({ clients, deaths, choices }: Game, maxWorkers: number) => {
  const added: Promise<void>[] = [];
  const { key, turns, ports, step, launches } = await planFit(maxWorkers, ({ worker }) =>
    added.push(carryOut(String(worker))),
  );
  const trained: { runId: number; epoch: number }[] = [];
  const lives = deaths.values();

  const client = async (commands: readonly Command[]): Promise<void> => {
    for (const { op, runId, warmStart } of commands) {
      const params = { ...key, runId: String(runId) };
      const call = { params, query: {}, body: {}, caller: somebody };
      const asked =
        op === 'clone'
          ? cloneRun.run({ ...call, body: { changes: {}, warmStart } }, ports)
          : useCases[op].run(call, ports);
      await asked.catch((error: unknown) => {
        if (!(error instanceof DomainError)) throw error;
      });
    }
  };
  const work = async (launch: WorkerLaunch): Promise<void> => {
    await new SteeredEngine(ports, launch.token, trained).work(lives.next().value);
    const settled = await tried(() => settleWorker({ ...step, ...launch }, ports));
    if (settled.next === 'train') await work(settled);
  };
  /** The execution of a worker that was added. */
  const carryOut = async (worker: string): Promise<void> => {
    const begun = await tried(() => settleWorker({ ...step, worker }, ports));
    if (begun.next === 'train') await work(begun);
    await completeOperation({ ...step, worker }, ports);
  };
  const workflow = async (): Promise<void> => {
    await Promise.all(launches.map(work));
    await completeOperation(step, ports);
  };

  let before: Snapshot = [];
  const actors = Promise.all([workflow(), ...clients.map(client)]);
  await turns.play(choices, async () => {
    const after = await snapshotOf(aws, key.workspace);
    expectLegal(before, after);
    before = after;
  });
  await actors;
  // More come while it is waited, so the list is gone through as it grows.
  for (const execution of added) await execution;
  expect(before[0]?.operations[0]?.status).toBe('completed');
  const log = (await aws.controlLog.list(key, { limit: 100 })).items;
  return { runs: before[0]?.runs ?? [], log, trained };
};

/** What a run may be in the end when the ops that were accepted for it came in this order. */
const endings = (
  log: readonly ControlEntry[],
  { runId: id, warmStarted }: Run,
  isLost: boolean,
): readonly string[] => {
  const accepted = log.filter(({ outcome, op }) => outcome === 'accepted' && op !== 'clone');
  const opsOn = (runId: number) => accepted.filter((entry) => entry.runId === runId);
  const last = opsOn(id).at(-1)?.op;
  // The engine that was asked for its parent's weights may have died, and the parent be gone since.
  if (warmStarted && isLost) return ['completed', 'failed'];
  // A run whose next chunk boundary is its end has nothing to stop any more.
  if (last === 'stop') return ['stopped', 'completed'];
  return last === 'delete' ? ['deleted'] : ['completed'];
};

const { GAMES: numRuns = '12', SEED: seed = '1' } = process.env;

test.each([1, 2])(
  'ops of two users on the runs of %d workers are done or refused, never lost',
  async (maxWorkers) => {
    const property = fc.asyncProperty(game, async (played) => {
      const { runs, log, trained } = await play(played, maxWorkers);
      const told = JSON.stringify({ log, trained, runs }, null, 1);
      expect(log, told).toHaveLength(played.clients.flat().length);
      for (const run of runs) {
        expect(endings(log, run, played.deaths.length > 0), told).toContain(run.status);
        if (run.status !== 'completed') continue;
        expect(run.completedEpochs, told).toBe(lastEpoch);
        if (run.warmStarted) expect(run.start?.prefix, told).toMatch(`runs/${run.clonedFrom}/`);
      }
      const made = log.flatMap((entry) => entry.made ?? []);
      expect(
        runs.slice(3).map(({ runId }) => runId),
        told,
      ).toEqual(made.toSorted((a, b) => a - b));
      if (played.deaths.length > 0) return;
      const steps = trained.map(({ runId, epoch }) => `${runId} ${epoch}`);
      const twice = steps.filter((one, i) => steps.indexOf(one) !== i);
      expect(twice, told).toEqual([]);
    });
    await fc.assert(property, { numRuns: Number(numRuns), seed: Number(seed), endOnFailure: true });
  },
);
