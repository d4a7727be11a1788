import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningStack } from '../../local/stack.ts';
import { syncsOf } from '../api/syncs.ts';
import { type Trial, type User, userOf } from '../embedded-stack.ts';
import { type Bill, billOf, perOne } from './cost.ts';
import { peakMemory } from './function-memory.ts';
import type { Ledger, Use } from './ledger.ts';
import { stateTransitions } from './transitions.ts';

/** A fit that is over. */
export interface Done {
  readonly seconds: number;
  readonly plannedSeconds: number;
  readonly workers: number;
  readonly syncs: number;
  /** From the start to the end, without syncs and without whoever watched. */
  readonly orchestration: Bill;
  /** The syncs that told how runs came out. */
  readonly reporting: Bill;
  readonly memory: ReadonlyMap<string, number>;
}

/** Workers of a fit. */
export const maxWorkers = 8;

const source = readFileSync(join(import.meta.dirname, '..', 'training', 'digits_spec.py'), 'utf8');

const rows = new TextEncoder().encode('id,x\n1,1\n');

/** Runs fits on a stack whose engine trains nothing, and counts what they ask of AWS. */
export class Operator {
  readonly stack: RunningStack;
  readonly user: User;
  readonly trial: Trial;
  readonly #ledger: Ledger;
  #runs = 0;

  private constructor(stack: RunningStack, ledger: Ledger, user: User, trial: Trial) {
    this.stack = stack;
    this.user = user;
    this.trial = trial;
    this.#ledger = ledger;
  }

  static async prepare(stack: RunningStack, ledger: Ledger): Promise<Operator> {
    const user = userOf(stack);
    const data = { train: rows, validation: rows };
    const trial = await user.prepare({ name: 'scale', source, data });
    return new Operator(stack, ledger, user, trial);
  }

  /** The first run of the last fit. */
  firstRunId = 1;

  /** Trains so many configs, each for no time at all. */
  async fit(runs: number): Promise<Done> {
    return this.#fit({ $grid: configOf({ a: oneTo(runs / 10), b: oneTo(10) }) }, runs);
  }

  /** What one sync of a worker costs that tells of the progress of so many runs. */
  async syncing(runsPerWorker: number, syncs: number): Promise<Bill> {
    const runs = runsPerWorker * maxWorkers;
    const configs = Array.from({ length: runs }, (_, i) => configOf({ syncs, i }));
    const done = await this.#fit(configs, runs);
    if (done.workers !== maxWorkers)
      throw new Error(`${runs} runs went to ${done.workers} workers`);
    return perOne(done.reporting, done.syncs);
  }

  async #fit(mlConfig: unknown, runs: number): Promise<Done> {
    const before = await stateTransitions(this.stack.aws);
    this.#ledger.take();
    const begun = performance.now();
    const started = await this.user.start(this.trial, mlConfig);
    const ended = await this.user.ended(this.trial, started.operation);
    const seconds = (performance.now() - begun) / 1000;
    const uses = this.#ledger.take();
    this.firstRunId = this.#runs + 1;
    this.#runs += runs;
    const syncs = await syncsOf(this.stack, this.trial, started.operation);
    const transitions = (await stateTransitions(this.stack.aws)) - before;
    const planned = ended.plan?.workers ?? 0;
    return {
      seconds,
      plannedSeconds: (Date.parse(ended.startedAt ?? '') - Date.parse(ended.createdAt)) / 1000,
      workers: planned,
      syncs,
      orchestration: orchestration(uses, { transitions, workers: planned }),
      reporting: reporting(uses, syncs),
      memory: peakMemory(this.stack.folder),
    };
  }
}

const oneTo = (last: number) => ({ $list: Array.from({ length: last }, (_, i) => i + 1) });

const configOf = (knobs: object) => ({
  train: { epochs: 1, batch_size: 32, optimizer: { name: 'Adam', args: { lr: 0.001 } } },
  user_knobs: knobs,
});

/** Who asks how far it is, is not part of the work. */
const watching = ['getOperation', 'authorize'];

const orchestration = (
  uses: readonly Use[],
  { transitions, workers }: { readonly transitions: number; readonly workers: number },
): Bill => {
  const own = uses.filter(({ caller }) => ![...watching, 'syncWorker'].includes(caller));
  const events = requestsOf(own, 'jobState');
  // The start and its authorizer, the plan, the end, and each worker's settling.
  const invocations = 4 + workers + events;
  return billOf({ uses: own, apiRequests: 1, invocations, transitions, traces: invocations });
};

const requestsOf = (uses: readonly Use[], caller: string): number =>
  uses.reduce((sum, use) => sum + (use.caller === caller ? use.requests : 0), 0);

const reporting = (uses: readonly Use[], syncs: number): Bill => {
  const own = uses.filter(({ caller }) => caller === 'syncWorker');
  return billOf({ uses: own, apiRequests: syncs, invocations: syncs, transitions: 0, traces: 0 });
};
