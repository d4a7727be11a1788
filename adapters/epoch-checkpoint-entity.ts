import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { ExperimentKey } from '../domain/experiment.ts';
import type { EpochCheckpoint } from '../domain/run.ts';
import type { StoredItem } from './stored-item.ts';
import { fromItem } from './stored-item.ts';
import { bucketOf, epochsPartition, padded, table } from './table-keys.ts';

export const epochCheckpointSortKey = (runId: number, epoch: number): string =>
  `CHECKPOINT#${padded(runId, 7)}#${padded(epoch, 5)}`;

export const epochCheckpointEntity = new Entity({
  name: 'EpochCheckpoint',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ runId, epoch, ...key }) => ({
    pk: epochsPartition(key, bucketOf(runId)),
    sk: epochCheckpointSortKey(runId, epoch),
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    runId: number().key(),
    epoch: number().key(),
    prefix: string(),
  } satisfies Record<keyof (EpochCheckpoint & ExperimentKey), unknown>),
});

export const toEpochCheckpoint = (item: StoredItem): EpochCheckpoint => {
  const { runId, epoch, prefix } = fromItem(epochCheckpointEntity, item);
  return { runId, epoch, prefix };
};
