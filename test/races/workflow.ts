import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { SyncAnswer, SyncRequest } from '../../contract/worker-protocol.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { ExecutionRequest } from '../../domain/ports.ts';
import { syncWorker } from '../../lambdas/worker/sync-worker.ts';
import { completeOperation } from '../../lambdas/workflow/complete-operation.ts';
import { planOperation } from '../../lambdas/workflow/plan-operation.ts';
import { saveArtifacts } from '../../lambdas/workflow/save-artifacts.ts';
import { settleWorker } from '../../lambdas/workflow/settle-worker.ts';
import type { StepInput, WorkerLaunch } from '../../lambdas/workflow/step.ts';
import type { Happening } from './model.ts';
import type { WorldPorts } from './ports.ts';
import type { Turns } from './turns.ts';

interface Stage {
  readonly ports: WorldPorts;
  readonly turns: Turns;
  readonly happenings: Happening[];
  /** Whether the next AWS Batch job dies. */
  readonly dies: () => boolean;
}

/** What the state machines do with an operation, to its end. */
export const carryOut = async (
  { workspace, experiment, operation, kind }: ExecutionRequest,
  stage: Stage,
): Promise<void> => {
  const { ports, turns, happenings } = stage;
  const input = { workspace, experiment, operation };
  await (kind === 'end' ? save(input, stage) : train(input, stage));
  const from = await turns.turn(async () => turns.now);
  const { status } = await completeOperation(input, ports);
  const action = { kind: 'complete', experiment, operation } as const;
  happenings.push({ action, answer: status, from, to: turns.now });
};

const save = async (input: StepInput, { ports }: Stage): Promise<void> => {
  let saved = { done: false, nextRunId: 0 };
  while (!saved.done) saved = await saveArtifacts({ ...input, ...saved }, ports);
};

const train = async (input: StepInput, stage: Stage): Promise<void> => {
  const { workers } = await tried(() => planOperation(input, stage.ports));
  await Promise.all(workers.map((launch) => work(input, launch, stage)));
};

/** A worker's jobs, one after the other, until nothing is left for it. */
const work = async (input: StepInput, launch: WorkerLaunch, stage: Stage): Promise<void> => {
  await job(input, launch, stage);
  const settled = await tried(() => settleWorker({ ...input, ...launch }, stage.ports));
  if (settled.next === 'train') await work(input, settled, stage);
  if (settled.next === 'wait') throw new Error('there is no rung to wait at');
};

/** A state machine tries a step again when it meets somebody else. */
export const tried = async <T>(step: () => Promise<T>, more = 5): Promise<T> => {
  try {
    return await step();
  } catch (error) {
    if (more === 0) throw error;
    return tried(step, more - 1);
  }
};

/** An AWS Batch job: takes what it is dealt, trains it in no time, and tells. It may die on the way. */
const job = async (
  input: StepInput,
  { jobName, token }: WorkerLaunch,
  { ports, dies }: Stage,
): Promise<void> => {
  const isDying = dies();
  if (ports.isTerminated(jobName)) return;
  const jobId = randomUUID();
  const say = async (more: Partial<SyncRequest>, bearerToken: string) => {
    const isRefused = (await ports.experiments.find(input))?.status === 'ended';
    const body = { ...silence, ...more, jobId, attempt: 1 };
    const answer = (await syncWorker.run({ params: {}, query: {}, body, bearerToken }, ports)).body;
    expect(answer.exit || !isRefused, 'an ended experiment listens to nobody').toBe(true);
    return answer;
  };
  try {
    const answer = await say({ sequence: 1, needsCredentials: true }, token);
    if (isDying || answer.exit || ports.isTerminated(jobName)) return;
    const own = answer.token ?? token;
    await say({ sequence: 2, runs: answer.train.map(begun) }, own);
    await say({ sequence: 3, runs: answer.train.map(trained) }, own);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
};

const silence = { needsCredentials: false, room: 50, runs: [], logs: [], sequence: 1 };

type Dealt = SyncAnswer['train'][number];
type Report = SyncRequest['runs'][number];

const begun = ({ runId }: Dealt): Report => ({
  runId,
  status: 'ongoing',
  completedEpochs: 0,
  epochs: [],
  runtimeSeconds: 0,
});

const trained = (dealt: Dealt): Report => ({
  ...begun(dealt),
  status: 'completed',
  completedEpochs: 1,
  epochs: [{ epoch: 1, trainLoss: 0, metrics: [] }],
  checkpoint: { prefix: `runs/${dealt.runId}/`, epoch: 1, chunk: 0 },
  runtimeSeconds: 1,
});
