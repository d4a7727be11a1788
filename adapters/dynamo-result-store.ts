import type { ExperimentKey } from '../domain/experiment.ts';
import type { Page, PageRequest, ResultStore } from '../domain/ports.ts';
import type { EpochResult, RunKey } from '../domain/run.ts';
import { queryBuckets } from './bucketed-query.ts';
import { decodeCursor, toPage } from './cursor.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { epochResultEntity, epochResultSortKey, toEpochResult } from './epoch-result-entity.ts';
import { toItem } from './stored-item.ts';
import { bucketOf, epochsPartition } from './table-keys.ts';

/** One row per run and epoch, in the partition of its run. */
export class DynamoResultStore implements ResultStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async putMany(
    { workspace, experiment }: ExperimentKey,
    results: readonly EpochResult[],
  ): Promise<void> {
    const items = results.map((result) =>
      toItem(epochResultEntity, { workspace, experiment, ...result }),
    );
    // A batch must not name an item twice; the row given last is the one that stays.
    await this.#table.putMany([...new Map(items.map((item) => [item.sk, item])).values()]);
  }

  async list(
    key: ExperimentKey,
    page: PageRequest & { readonly firstRunId: number; readonly lastRunId: number },
  ): Promise<Page<EpochResult>> {
    const { limit, maxBytes, cursor, lastRunId } = page;
    const after = cursor === undefined ? [] : decodeCursor(cursor, /^(\d{1,7})\.(\d{1,5})$/);
    const [run = 0, epoch = 0] = after.map(Number);
    const isWithin = run >= page.firstRunId;
    const firstRunId = isWithin ? run : page.firstRunId;
    const items = await queryBuckets(this.#table, {
      partitionOf: (bucket) => epochsPartition(key, bucket),
      firstRunId,
      lastRunId,
      from: epochResultSortKey(firstRunId, isWithin ? epoch + 1 : 0),
      to: epochResultSortKey(lastRunId, 99_999),
      limit: limit + 1,
      // Some pages are filled by one; who wants all of them need not wait for one after the other.
      buckets: limit === Number.POSITIVE_INFINITY ? limit : 1,
    });
    return toPage(
      items.map(toEpochResult),
      { limit, maxBytes },
      (row) => `${row.runId}.${row.epoch}`,
    );
  }

  async listAfter(key: RunKey, epoch: number): Promise<readonly EpochResult[]> {
    const items = await this.#table.query({
      partition: epochsPartition(key, bucketOf(key.runId)),
      from: epochResultSortKey(key.runId, epoch + 1),
      to: epochResultSortKey(key.runId, 99_999),
    });
    return items.map(toEpochResult);
  }
}
