import type { ControlEntry } from '../domain/control.ts';
import type { ExperimentKey } from '../domain/experiment.ts';
import type { Page, PageRequest } from '../domain/ports.ts';
import type { Worker } from '../domain/worker.ts';
import type { Change, ControlChange, ControlLog } from '../domain/worker-ports.ts';
import { controlEntity, controlMarkEntity, controlPlace, controlsAfter } from './control-entity.ts';
import { decodeCursor, toPage } from './cursor.ts';
import { addsTo, takesRunIds } from './dynamo-operation-store.ts';
import type { DynamoTable, Put } from './dynamo-table.ts';
import { absent } from './dynamo-table.ts';
import { changesRun, movesOnFrom } from './dynamo-worker-store.ts';
import { fromItem, keyOf, toItem } from './stored-item.ts';
import { experimentPartition } from './table-keys.ts';
import { workerItem } from './worker-entity.ts';

/** An item for each op, beside the experiment's operations; their keys are in the order of time. */
export class DynamoControlLog implements ControlLog {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async accept(
    entry: ControlEntry,
    { runs, workers, fit, lastRunId }: ControlChange,
    idempotencyKey?: string,
  ): Promise<boolean> {
    const { workspace, experiment } = entry;
    const mark =
      idempotencyKey === undefined ? [] : [{ workspace, experiment, key: idempotencyKey, entry }];
    const obstacles = await this.#table.transact([
      { put: toItem(controlEntity, entry), condition: absent },
      ...runs.map(changesRun),
      ...workers.map(changesWorker),
      ...(fit ? [addsTo(fit.before, fit.after)] : []),
      ...(lastRunId ? [takesRunIds(entry, lastRunId)] : []),
      ...mark.map((one) => ({ put: toItem(controlMarkEntity, one), condition: absent })),
    ]);
    return obstacles === undefined;
  }

  async refuse(entry: ControlEntry): Promise<void> {
    await this.#table.put({ put: toItem(controlEntity, entry), condition: absent });
  }

  async findByIdempotencyKey(
    { workspace, experiment }: ExperimentKey,
    idempotencyKey: string,
  ): Promise<ControlEntry | undefined> {
    const mark = { workspace, experiment, key: idempotencyKey };
    const item = await this.#table.get(keyOf(controlMarkEntity, mark));
    return item && fromItem(controlMarkEntity, item).entry;
  }

  async list(
    key: ExperimentKey,
    { limit, maxBytes, cursor }: PageRequest,
  ): Promise<Page<ControlEntry>> {
    const [last = ''] = cursor === undefined ? [] : decodeCursor(cursor, /^([\d:.TZ-]+#\w+)$/);
    const items = await this.#table.query({
      partition: experimentPartition(key),
      ...controlsAfter(last),
      limit: limit + 1,
    });
    const entries = items.map((item) => fromItem(controlEntity, item));
    return toPage(entries, { limit, maxBytes }, controlPlace);
  }
}

const changesWorker = ({ before, after }: Change<Worker>): Put =>
  before ? movesOnFrom(before, after) : { put: workerItem(after), condition: absent };
