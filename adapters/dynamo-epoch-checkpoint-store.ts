import type { ExperimentKey } from '../domain/experiment.ts';
import type { EpochCheckpointStore } from '../domain/ports.ts';
import type { EpochCheckpoint, RunKey } from '../domain/run.ts';
import type { DynamoTable } from './dynamo-table.ts';
import {
  epochCheckpointEntity,
  epochCheckpointSortKey,
  toEpochCheckpoint,
} from './epoch-checkpoint-entity.ts';
import { keyOf, toItem } from './stored-item.ts';
import { bucketOf, epochsPartition } from './table-keys.ts';

/** One item per run and epoch, beside the epochs' results. */
export class DynamoEpochCheckpointStore implements EpochCheckpointStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async putMany(
    { workspace, experiment }: ExperimentKey,
    checkpoints: readonly EpochCheckpoint[],
  ): Promise<void> {
    const items = checkpoints.map((checkpoint) =>
      toItem(epochCheckpointEntity, { workspace, experiment, ...checkpoint }),
    );
    // A batch must not name an item twice; the checkpoint given last is the one that stays.
    await this.#table.putMany([...new Map(items.map((item) => [item.sk, item])).values()]);
  }

  async find(key: RunKey & { readonly epoch: number }): Promise<EpochCheckpoint | undefined> {
    const item = await this.#table.get(keyOf(epochCheckpointEntity, key));
    return item && toEpochCheckpoint(item);
  }

  async list(key: RunKey): Promise<readonly EpochCheckpoint[]> {
    const items = await this.#table.query({
      partition: epochsPartition(key, bucketOf(key.runId)),
      from: epochCheckpointSortKey(key.runId, 0),
      to: epochCheckpointSortKey(key.runId, 99_999),
    });
    return items.map(toEpochCheckpoint);
  }
}
