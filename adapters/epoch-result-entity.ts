import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { ExperimentKey } from '../domain/experiment.ts';
import type { EpochResult } from '../domain/run.ts';
import { json } from './json-attribute.ts';
import type { StoredItem } from './stored-item.ts';
import { bucketOf, epochsPartition, padded, table } from './table-keys.ts';

export const epochResultSortKey = (runId: number, epoch: number): string =>
  `EPOCH#${padded(runId, 7)}#${padded(epoch, 5)}`;

export const epochResultEntity = new Entity({
  name: 'EpochResult',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ runId, epoch, ...key }) => ({
    pk: epochsPartition(key, bucketOf(runId)),
    sk: epochResultSortKey(runId, epoch),
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    runId: number().key(),
    epoch: number().key(),
    trainLoss: json<EpochResult['trainLoss']>(),
    metrics: json<EpochResult['metrics']>(),
  } satisfies Record<keyof (EpochResult & ExperimentKey), unknown>),
});

/** Read by hand: they are read by the hundred thousand, and the entity's formatter takes eight times as long. */
export const toEpochResult = ({ runId, epoch, trainLoss, metrics }: StoredItem): EpochResult => ({
  runId: Number(runId),
  epoch: Number(epoch),
  trainLoss: JSON.parse(String(trainLoss)),
  metrics: JSON.parse(String(metrics)),
});
