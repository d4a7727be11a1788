import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { SyncAnswer, SyncRequest } from '../../contract/worker-protocol.ts';
import { syncWorker } from '../../lambdas/worker/sync-worker.ts';
import type { WorkerLaunch } from '../../lambdas/workflow/step.ts';
import type { Fit } from './fit.ts';

type Report = SyncRequest['runs'][number];
type Dealt = SyncAnswer['train'][number];

interface Job {
  readonly jobId: string;
  readonly attempt: number;
}

/**
 * An engine that speaks the worker protocol and "trains" an epoch in no time: what a run measures after an
 * epoch stands in the fit's table of losses.
 */
export class ScriptedEngine {
  readonly launch: WorkerLaunch;
  readonly #fit: Fit;
  readonly #jobId: string;
  readonly #attempt: number;
  #token: string;
  #sequence = 0;
  #queue: Dealt[] = [];
  #reports: Report[] = [];
  #more = true;

  constructor(fit: Fit, launch: WorkerLaunch, job: Partial<Job> = {}) {
    const { attempt = 1, jobId = randomUUID() } = job;
    this.launch = launch;
    this.#fit = fit;
    this.#token = launch.token;
    this.#jobId = jobId;
    this.#attempt = attempt;
  }

  /** Whether it would leave now: it has nothing to train, nothing to tell, and nothing will come. */
  get isDone(): boolean {
    return !this.#more && this.#queue.length === 0 && this.#reports.length === 0;
  }

  /** Trains one epoch of the first run in hand. */
  train(): void {
    const [run] = this.#queue;
    if (!run) return;
    const epoch = run.completedEpochs + 1;
    this.#fit.trained.push({ runId: run.runId, epoch });
    this.#reports.push(this.#report(run, epoch));
    const isLast = epoch === this.#fit.epochs || epoch === run.untilEpoch;
    this.#queue = this.#queue.slice(1);
    if (!isLast) this.#queue.unshift({ ...run, completedEpochs: epoch });
  }

  /**
   * Sends what it has to tell, and takes in the answer. After the first sync, which brings the token, it
   * may do so several times at once, as when answers are lost.
   */
  async sync(wanted = 1, more: Partial<SyncRequest> = {}): Promise<SyncAnswer> {
    this.#sequence += 1;
    const times = this.#sequence === 1 ? 1 : wanted;
    const runs = this.#merged();
    this.#reports = [];
    const body: SyncRequest = {
      jobId: this.#jobId,
      attempt: this.#attempt,
      sequence: this.#sequence,
      needsCredentials: this.#sequence === 1,
      room: 2,
      runs,
      logs: [],
      ...more,
    };
    const call = { params: {}, query: {}, body, bearerToken: this.#token };
    const replies = await Promise.all(
      Array.from({ length: times }, () => syncWorker.run(call, this.#fit.ports)),
    );
    const answer = replies[0]?.body;
    if (!answer) throw new Error('no answer');
    for (const { body: other } of replies) expect(other.train).toEqual(answer.train);
    this.#token = answer.token ?? this.#token;
    this.#queue.push(...answer.train);
    this.#more = answer.more;
    return answer;
  }

  /** The same job's next attempt, after this one was killed. */
  next(): ScriptedEngine {
    return new ScriptedEngine(this.#fit, this.launch, {
      attempt: this.#attempt + 1,
      jobId: this.#jobId,
    });
  }

  #report({ runId, untilEpoch }: Dealt, epoch: number): Report {
    const isOver = epoch === this.#fit.epochs;
    const prefix = `runs/${runId}/${epoch}-${this.#attempt}/`;
    const val_loss = this.#fit.losses[runId - 1]?.[epoch - 1] ?? 'NaN';
    return {
      runId,
      status: isOver ? 'completed' : 'ongoing',
      completedEpochs: epoch,
      epochs: [{ epoch, trainLoss: 0, metrics: [{ name: 'val_loss', value: val_loss }] }],
      runtimeSeconds: 1,
      ...((isOver || epoch === untilEpoch) && { checkpoint: { prefix, epoch, chunk: 0 } }),
    };
  }

  /** One report per run, as the engine's ledger merges them. */
  #merged(): Report[] {
    const byRun = Map.groupBy(this.#reports, ({ runId }) => runId);
    return [...byRun.values()].flatMap((reports) => {
      const epochs = reports.flatMap((report) => report.epochs);
      return reports.slice(-1).map((last) => ({ ...last, epochs, runtimeSeconds: epochs.length }));
    });
  }
}
