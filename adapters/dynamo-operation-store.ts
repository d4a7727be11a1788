import type { DataHandle } from '../domain/data-handle.ts';
import type { Experiment, ExperimentKey } from '../domain/experiment.ts';
import type { Instant } from '../domain/instant.ts';
import type { Operation, OperationKey, Progress } from '../domain/operation.ts';
import { isActive } from '../domain/operation.ts';
import type { IdempotencyMark, OperationStore, Page, PageRequest } from '../domain/ports.ts';
import { decodeCursor, toPage } from './cursor.ts';
import { dataHandleEntity } from './data-handle-entity.ts';
import { leavesWorkspace } from './dynamo-experiment-store.ts';
import type { DynamoTable, Put, Update } from './dynamo-table.ts';
import { absent } from './dynamo-table.ts';
import { experimentEntity } from './experiment-entity.ts';
import { idempotencyMarkEntity } from './idempotency-mark-entity.ts';
import {
  activeIndex,
  activePartition,
  activeSortKey,
  operationEntity,
  operationItem,
  operationSortKey,
  toOperation,
} from './operation-entity.ts';
import { fromItem, keyOf, toItem } from './stored-item.ts';
import { experimentPartition } from './table-keys.ts';

/** Operations; their experiment's item says which one is active and which numbers are taken. */
export class DynamoOperationStore implements OperationStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(key: OperationKey): Promise<Operation | undefined> {
    const item = await this.#table.get(keyOf(operationEntity, key));
    return item && toOperation(item);
  }

  async list(
    key: ExperimentKey,
    { limit, maxBytes, cursor }: PageRequest,
  ): Promise<Page<Operation>> {
    const [last = '0'] = cursor === undefined ? [] : decodeCursor(cursor, /^(\d{1,6})$/);
    const items = await this.#table.query({
      partition: experimentPartition(key),
      from: operationSortKey(Number(last) + 1),
      to: operationSortKey(999_999),
      limit: limit + 1,
    });
    return toPage(items.map(toOperation), { limit, maxBytes }, ({ operation }) =>
      String(operation),
    );
  }

  async findByIdempotencyKey(
    key: ExperimentKey,
    idempotencyKey: string,
  ): Promise<{ readonly operation: Operation; readonly requestSha256: string } | undefined> {
    const mark = keyOf(idempotencyMarkEntity, { ...key, key: idempotencyKey });
    const item = await this.#table.get(mark);
    if (!item) return undefined;
    const { requestSha256, operation: number } = fromItem(idempotencyMarkEntity, item);
    const operation = await this.find({ ...key, operation: number });
    return operation && { operation, requestSha256 };
  }

  async start(
    experiment: Experiment,
    operation: Operation,
    extras: {
      readonly mark?: IdempotencyMark | undefined;
      readonly dataHandle?: DataHandle | undefined;
    },
  ): Promise<boolean> {
    const obstacles = await this.#table.transact([
      takesActivePlace(experiment, operation),
      { put: operationItem(operation), condition: absent },
      ...(extras.mark ? [remembers(extras.mark, operation)] : []),
      ...(extras.dataHandle ? [{ put: toItem(dataHandleEntity, extras.dataHandle) }] : []),
    ]);
    return obstacles === undefined;
  }

  async replace(operation: Operation, expected: Operation['status']): Promise<boolean> {
    return this.#table.put(replaces(operation, { ...operation, status: expected }));
  }

  async setProgress(key: OperationKey, progress: Progress): Promise<void> {
    await this.#setWhileActive(key, 'progress', JSON.stringify(progress));
  }

  async setWatched(key: OperationKey, at: Instant): Promise<void> {
    await this.#setWhileActive(key, 'watchedAt', at);
  }

  async finish(
    operation: Operation,
    expected: Operation['status'],
    { endExperiment = false }: { readonly endExperiment?: boolean | undefined } = {},
  ): Promise<boolean> {
    const obstacles = await this.#table.transact([
      replaces(operation, { ...operation, status: expected }),
      freesActivePlace(operation, endExperiment),
      ...(endExperiment ? [leavesWorkspace(operation)] : []),
    ]);
    return obstacles === undefined || this.#isOver(operation);
  }

  async listActive({ limit, cursor }: PageRequest): Promise<Page<Operation>> {
    const [last] = cursor === undefined ? [] : decodeCursor(cursor, /^([\w.-]+#[\w.-]+#\d{6})$/);
    const items = await this.#table.query({
      index: activeIndex,
      partition: activePartition,
      // `!` sorts before, and `~` after, every character of a name.
      from: last === undefined ? '!' : `${last}!`,
      to: '~',
      limit: limit + 1,
    });
    return toPage(items.map(toOperation), { limit }, activeSortKey);
  }

  async #setWhileActive(
    key: OperationKey,
    attribute: 'progress' | 'watchedAt',
    value: string,
  ): Promise<void> {
    await this.#table.transact([
      {
        key: keyOf(operationEntity, key),
        update: `SET #${attribute} = :value`,
        // Only an active operation is in the index.
        condition: 'attribute_exists(#activePk)',
        values: { ':value': value },
      },
    ]);
  }

  async #isOver(key: OperationKey): Promise<boolean> {
    const operation = await this.find(key);
    return operation !== undefined && !isActive(operation);
  }
}

/** The operation's write, if it has the status that was read and nothing was added to it since. */
const replaces = (
  after: Operation,
  { status, additions }: Pick<Operation, 'status' | 'additions'>,
): Put => ({
  put: operationItem(after),
  condition: '#status = :expected AND #additions = :additions',
  values: { ':expected': status, ':additions': additions },
});

/** Notes what a control op adds to a fit, if that goes on as it was read. */
export const addsTo = (before: Operation, after: Operation): Update => ({
  key: keyOf(operationEntity, before),
  update: `SET #additions = :additions, #addedWorkers = :addedWorkers${
    after.takenOverFrom === undefined ? '' : ', #takenOverFrom = :takenOverFrom'
  }`,
  condition: '#status = :status AND #additions = :read AND attribute_not_exists(#usedUpAt)',
  values: {
    ':additions': after.additions,
    ':addedWorkers': after.addedWorkers,
    ...(after.takenOverFrom !== undefined && { ':takenOverFrom': after.takenOverFrom }),
    ':status': before.status,
    ':read': before.additions,
  },
});

/** Takes the next run IDs for an operation under way, whose experiment is alive then. */
export const takesRunIds = (
  experiment: ExperimentKey,
  { before, after }: { readonly before: number; readonly after: number },
): Update => ({
  key: keyOf(experimentEntity, experiment),
  update: 'SET #lastRunId = :after',
  condition: 'attribute_exists(#activeOperation) AND #lastRunId = :before',
  values: { ':before': before, ':after': after },
});

const takesActivePlace = (experiment: Experiment, operation: Operation): Update => ({
  key: keyOf(experimentEntity, experiment),
  update: 'SET #activeOperation = :number, #lastOperation = :number, #lastRunId = :lastRunId',
  condition:
    '#status = :alive AND attribute_not_exists(#activeOperation) AND #lastOperation = :lastRead AND #lastRunId = :runIdRead',
  values: {
    ':alive': 'alive',
    ':number': operation.operation,
    ':lastRunId': lastRunIdAfter(experiment, operation),
    ':lastRead': experiment.lastOperation,
    ':runIdRead': experiment.lastRunId,
  },
});

const lastRunIdAfter = ({ lastRunId }: Experiment, { request }: Operation): number =>
  request.kind === 'fit' ? request.firstRunId + request.runCount - 1 : lastRunId;

const remembers = ({ key, requestSha256 }: IdempotencyMark, operation: OperationKey): Put => ({
  put: toItem(idempotencyMarkEntity, { ...operation, key, requestSha256 }),
  condition: absent,
});

const freesActivePlace = (operation: Operation, endExperiment: boolean): Update => ({
  key: keyOf(experimentEntity, operation),
  update: endExperiment
    ? 'SET #status = :ended, #endedBy = :ended, #endedAt = :at REMOVE #activeOperation'
    : 'REMOVE #activeOperation',
  condition: '#activeOperation = :number',
  values: {
    ':number': operation.operation,
    ...(endExperiment && { ':ended': 'ended', ':at': operation.endedAt }),
  },
});
