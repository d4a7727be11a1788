import { randomUUID } from 'node:crypto';
import type { SyncAnswer, SyncRequest } from '../../contract/worker-protocol.ts';
import { syncWorker } from '../../lambdas/worker/sync-worker.ts';
import type { WorldPorts } from './ports.ts';
import { tried } from './workflow.ts';

type Report = SyncRequest['runs'][number];

/** A run in the engine's hands, and the epochs that it has finished. */
interface InHand {
  readonly runId: number;
  readonly epoch: number;
}

/** Epochs of every run. */
export const lastEpoch = 3;

/**
 * An engine that trains an epoch of the first run in hand between two syncs, and heeds its orders after
 * each epoch, as the real one does after each chunk.
 */
export class SteeredEngine {
  readonly #ports: WorldPorts;
  readonly #trained: InHand[];
  readonly #jobId = randomUUID();
  #token: string;
  #sequence = 0;
  #hands: readonly InHand[] = [];
  #reports = new Map<number, Report>();
  #answer: SyncAnswer | undefined;

  /** Notes in `trained` every epoch that it trains. */
  constructor(ports: WorldPorts, token: string, trained: InHand[]) {
    this.#ports = ports;
    this.#token = token;
    this.#trained = trained;
  }

  /** Works until nothing is left for it, or until it has trained `epochs` of them and dies. */
  async work(epochs = Number.POSITIVE_INFINITY): Promise<void> {
    for (let left = epochs; left > 0; left--) {
      await this.#sync();
      this.#train();
      const isIdle = this.#hands.length === 0 && this.#reports.size === 0;
      if (isIdle && !this.#answer?.more) return;
    }
  }

  async #sync(): Promise<void> {
    this.#sequence += 1;
    const body: SyncRequest = {
      jobId: this.#jobId,
      attempt: 1,
      sequence: this.#sequence,
      needsCredentials: this.#sequence === 1,
      room: 2,
      runs: [...this.#reports.values()],
      logs: [],
    };
    this.#reports = new Map();
    const call = { params: {}, query: {}, body, bearerToken: this.#token };
    const answer = (await tried(() => syncWorker.run(call, this.#ports))).body;
    this.#token = answer.token ?? this.#token;
    this.#answer = answer;
    const dealt = new Set(answer.train.map(({ runId }) => runId));
    this.#hands = [
      ...this.#hands.filter(({ runId }) => !dealt.has(runId)),
      ...answer.train.map(({ runId, checkpoint }) => ({ runId, epoch: checkpoint?.epoch ?? 0 })),
    ];
  }

  #train(): void {
    const [run, ...others] = this.#hands.filter(({ runId }) => !this.#answer?.drop.includes(runId));
    this.#hands = run ? [run, ...others] : others;
    if (!run) return;
    const isToStop = this.#answer?.stop.includes(run.runId) ?? false;
    const hasBegun = this.#trained.some(({ runId }) => runId === run.runId);
    const after = isToStop && !hasBegun ? run : { ...run, epoch: run.epoch + 1 };
    if (after !== run) this.#trained.push(after);
    const ongoing = isToStop ? 'stopped' : 'ongoing';
    this.#tell(after, after.epoch === lastEpoch ? 'completed' : ongoing);
    this.#branch(after);
  }

  /** Gives the checkpoint that clones wait for. */
  #branch({ runId, epoch }: InHand): void {
    const report = this.#reports.get(runId);
    if (!report || !this.#answer?.branch.includes(runId)) return;
    const branch = { prefix: `runs/${runId}/${epoch}/`, epoch, chunk: 0 };
    this.#reports.set(runId, { ...report, branch });
  }

  #tell({ runId, epoch }: InHand, status: Report['status']): void {
    const others = this.#hands.filter((other) => other.runId !== runId);
    this.#hands = status === 'ongoing' ? [{ runId, epoch }, ...others] : others;
    this.#reports.set(runId, {
      runId,
      status,
      completedEpochs: epoch,
      epochs: [],
      runtimeSeconds: 1,
      ...(epoch > 0 && { checkpoint: { prefix: `runs/${runId}/${epoch}/`, epoch, chunk: 0 } }),
    });
  }
}
