import type { ExperimentKey } from '../domain/experiment.ts';
import type { Instant } from '../domain/instant.ts';
import type { Page, PageRequest, RunStore } from '../domain/ports.ts';
import type { Run, RunKey } from '../domain/run.ts';
import { queryBuckets } from './bucketed-query.ts';
import { decodeCursor, toPage } from './cursor.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { chunked } from './in-parallel.ts';
import { runEntity, runItem, runSortKey, toRun } from './run-entity.ts';
import { keyOf } from './stored-item.ts';
import { runsPartition, runsPerBucket } from './table-keys.ts';

/** Of thousands of runs, so many are made into items at a time. */
const itemsAtOnce = 1_000;

/** Runs, spread over partitions by run ID so that thousands can change at once. */
export class DynamoRunStore implements RunStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(key: RunKey): Promise<Run | undefined> {
    const item = await this.#table.get(keyOf(runEntity, key));
    return item && toRun(item);
  }

  async findMany(key: ExperimentKey, runIds: readonly number[]): Promise<readonly Run[]> {
    const keys = [...new Set(runIds)].map((runId) => keyOf(runEntity, { ...key, runId }));
    const runs = (await this.#table.getMany(keys)).map(toRun);
    const byId = new Map(runs.map((run) => [run.runId, run]));
    return runIds.flatMap((runId) => byId.get(runId) ?? []);
  }

  async list(
    key: ExperimentKey,
    page: PageRequest & { readonly firstRunId: number; readonly lastRunId: number },
  ): Promise<Page<Run>> {
    const { limit, maxBytes, cursor, lastRunId } = page;
    const [last = '0'] = cursor === undefined ? [] : decodeCursor(cursor, /^(\d{1,7})$/);
    const firstRunId = Math.max(page.firstRunId, Number(last) + 1);
    const items = await queryBuckets(this.#table, {
      partitionOf: (bucket) => runsPartition(key, bucket),
      firstRunId,
      lastRunId,
      from: runSortKey(firstRunId),
      to: runSortKey(lastRunId),
      limit: limit + 1,
      buckets: Math.ceil((limit + 1) / runsPerBucket),
    });
    return toPage(items.map(toRun), { limit, maxBytes }, ({ runId }) => String(runId));
  }

  async listDeleted(
    key: ExperimentKey,
    { firstRunId, lastRunId }: { readonly firstRunId: number; readonly lastRunId: number },
  ): Promise<readonly number[]> {
    const items = await queryBuckets(this.#table, {
      partitionOf: (bucket) => runsPartition(key, bucket),
      firstRunId,
      lastRunId,
      from: runSortKey(firstRunId),
      to: runSortKey(lastRunId),
      limit: Number.POSITIVE_INFINITY,
      buckets: Number.POSITIVE_INFINITY,
      filter: '#status = :deleted',
      values: { ':deleted': 'deleted' },
    });
    return items.map((item) => toRun(item).runId);
  }

  async createMany(runs: readonly Run[]): Promise<void> {
    for (const some of chunked(runs, itemsAtOnce)) await this.#table.createMany(some.map(runItem));
  }

  async replace(run: Run, expected: Run['status']): Promise<boolean> {
    return this.#table.put({
      put: runItem(run),
      condition: '#status = :expected',
      values: { ':expected': expected },
    });
  }

  async noteMlflowRun(key: RunKey, mlflowRunId: string): Promise<void> {
    await this.#set(key, 'mlflowRunId', mlflowRunId);
  }

  async touch(key: RunKey, now: Instant): Promise<void> {
    await this.#set(key, 'touchedAt', now);
  }

  async #set(key: RunKey, name: string, value: string): Promise<void> {
    await this.#table.update({
      key: keyOf(runEntity, key),
      update: `SET #${name} = :value`,
      condition: 'attribute_exists(#pk)',
      values: { ':value': value },
    });
  }
}
