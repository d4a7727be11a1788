import type { DataHandle } from '../domain/data-handle.ts';
import type { OperationKey } from '../domain/operation.ts';
import type { SyncContext, WorkerStore } from '../domain/ports.ts';
import type { Run } from '../domain/run.ts';
import type { Worker, WorkerKey } from '../domain/worker.ts';
import { dataHandleEntity } from './data-handle-entity.ts';
import type { DynamoTable, Put } from './dynamo-table.ts';
import { experimentEntity, toExperiment } from './experiment-entity.ts';
import { operationEntity, toOperation } from './operation-entity.ts';
import { runEntity, runItem, toRun } from './run-entity.ts';
import type { StoredItem } from './stored-item.ts';
import { keyOf, toItem } from './stored-item.ts';
import type { ItemKey } from './table-keys.ts';
import { operationPartition } from './table-keys.ts';
import { toWorker, workerEntity, workerItem, workerSortKey } from './worker-entity.ts';

type Expected = Pick<Worker, 'lease' | 'sequence'>;

/** Workers, in a partition of their operation's own. */
export class DynamoWorkerStore implements WorkerStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(key: WorkerKey): Promise<Worker | undefined> {
    const item = await this.#table.get(keyOf(workerEntity, key));
    return item && toWorker(item);
  }

  async findForSync(key: WorkerKey, runIds: readonly number[]): Promise<SyncContext | undefined> {
    const fixed = [
      keyOf(workerEntity, key),
      keyOf(operationEntity, key),
      keyOf(experimentEntity, key),
    ];
    const runs = [...new Set(runIds)].map((runId) => keyOf(runEntity, { ...key, runId }));
    const found = new Map<string, StoredItem>();
    for (const item of await this.#table.getMany([...fixed, ...runs]))
      found.set(nameOf(item), item);
    const [worker, operation, experiment] = fixed.map((one) => found.get(nameOf(one)));
    if (!worker || !operation || !experiment) return undefined;
    return {
      worker: toWorker(worker),
      operation: toOperation(operation),
      experiment: toExperiment(experiment),
      runs: runs.flatMap((one) => {
        const run = found.get(nameOf(one));
        return run ? [toRun(run)] : [];
      }),
    };
  }

  async listByOperation(key: OperationKey): Promise<readonly Worker[]> {
    const items = await this.#table.query({
      partition: operationPartition(key),
      from: workerSortKey(0),
      to: workerSortKey(999_999),
    });
    return items.map(toWorker);
  }

  async createMany(workers: readonly Worker[]): Promise<void> {
    await this.#table.createMany(workers.map(workerItem));
  }

  async replace(worker: Worker, expected: Expected): Promise<boolean> {
    return this.#table.put(movesOn(worker, expected));
  }

  async acceptSync(sync: {
    readonly worker: Worker;
    readonly expected: Expected;
    readonly runs: readonly { readonly before: Run; readonly after: Run }[];
    readonly dataHandle?: DataHandle | undefined;
  }): Promise<boolean> {
    const { worker, expected, runs, dataHandle } = sync;
    const worked = movesOn(worker, expected);
    const alone = runs.length === 0 && !dataHandle;
    if (alone) return this.#table.put(worked);
    const obstacles = await this.#table.transact([
      worked,
      ...runs.map(changes),
      ...(dataHandle ? [{ put: toItem(dataHandleEntity, dataHandle) }] : []),
    ]);
    return obstacles === undefined;
  }
}

const nameOf = ({ pk, sk }: StoredItem | ItemKey): string => `${pk}\n${sk}`;

const movesOn = (worker: Worker, { lease, sequence }: Expected): Put => ({
  put: workerItem(worker),
  condition: '#lease = :lease AND #sequence = :sequence',
  values: { ':lease': lease, ':sequence': sequence },
});

const changes = ({ before, after }: { before: Run; after: Run }): Put => ({
  put: runItem(after),
  condition: '#status = :before',
  values: { ':before': before.status },
});
