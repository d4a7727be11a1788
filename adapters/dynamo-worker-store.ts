import type { OperationKey } from '../domain/operation.ts';
import type { Run } from '../domain/run.ts';
import type { Worker, WorkerKey } from '../domain/worker.ts';
import type {
  Change,
  JobNote,
  SyncContext,
  WorkerChange,
  WorkerStore,
} from '../domain/worker-ports.ts';
import { dataHandleEntity } from './data-handle-entity.ts';
import type { DynamoTable, Put } from './dynamo-table.ts';
import { absent } from './dynamo-table.ts';
import { experimentEntity, toExperiment } from './experiment-entity.ts';
import { jobNoteEntity, toJobNote } from './job-note-entity.ts';
import { operationEntity, toOperation } from './operation-entity.ts';
import { runEntity, runItem, toRun } from './run-entity.ts';
import type { StoredItem } from './stored-item.ts';
import { keyOf, toItem } from './stored-item.ts';
import type { ItemKey } from './table-keys.ts';
import { operationPartition } from './table-keys.ts';
import { toWorker, workerEntity, workerItem, workerSortKey } from './worker-entity.ts';

type Expected = WorkerChange['expected'];

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

  async findWithNote(
    key: WorkerKey,
  ): Promise<{ readonly worker: Worker; readonly jobNote: JobNote | undefined } | undefined> {
    const keys = [keyOf(workerEntity, key), keyOf(jobNoteEntity, key)] as const;
    const items = await this.#table.getMany(keys);
    const [worker, note] = keys.map((one) => items.find((item) => nameOf(item) === nameOf(one)));
    return worker && { worker: toWorker(worker), jobNote: note && toJobNote(note) };
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

  async replace(worker: Worker, expected: Expected): Promise<Worker | undefined> {
    return this.replaceWith({ worker, expected, runs: [] });
  }

  async replaceWith(change: WorkerChange): Promise<Worker | undefined> {
    const { expected, runs, dataHandle } = change;
    const worker = { ...change.worker, revision: expected.revision + 1 };
    const movesOn = movesOnFrom(expected, change.worker);
    if (runs.length === 0 && !dataHandle) {
      return (await this.#table.put(movesOn)) ? worker : undefined;
    }
    const obstacles = await this.#table.transact([
      movesOn,
      ...runs.map(changesRun),
      ...(dataHandle ? [{ put: toItem(dataHandleEntity, dataHandle) }] : []),
    ]);
    return obstacles ? undefined : worker;
  }
}

const nameOf = ({ pk, sk }: StoredItem | ItemKey): string => `${pk}\n${sk}`;

/** The worker's write, which counts as the change after the one that was read. */
export const movesOnFrom = ({ revision }: Expected, worker: Worker): Put => ({
  put: workerItem({ ...worker, revision: revision + 1 }),
  condition: '#revision = :revision',
  values: { ':revision': revision },
});

/** The run's write: of one that is new, or still has the status that was read. */
export const changesRun = ({ before, after }: Change<Run>): Put =>
  before === undefined
    ? { put: runItem(after), condition: absent }
    : { put: runItem(after), condition: '#status = :before', values: { ':before': before.status } };
