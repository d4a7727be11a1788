import { Entity } from 'dynamodb-toolbox/entity';
import { boolean } from 'dynamodb-toolbox/schema/boolean';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { Run } from '../domain/run.ts';
import { runEndings, runSources, runStatuses } from '../domain/run.ts';
import { json } from './json-attribute.ts';
import type { StoredItem } from './stored-item.ts';
import { fromItem, toItem } from './stored-item.ts';
import type { ItemKey } from './table-keys.ts';
import { bucketOf, padded, runsPartition, table } from './table-keys.ts';

export const runSortKey = (runId: number): string => `RUN#${padded(runId, 7)}`;

export const runEntity = new Entity({
  name: 'Run',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ runId, ...key }) => ({
    pk: runsPartition(key, bucketOf(runId)),
    sk: runSortKey(runId),
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    runId: number().key(),
    operation: number(),
    dataHandleId: string(),
    worker: number(),
    config: json<Run['config']>(),
    seed: number().optional(),
    status: string().enum(...runStatuses),
    source: string().enum(...runSources),
    clonedFrom: number().optional(),
    warmStarted: boolean().optional(),
    start: json<NonNullable<Run['start']>>().optional(),
    branches: json<NonNullable<Run['branches']>>().optional(),
    mlflowRunId: string().optional(),
    endedBy: string()
      .enum(...runEndings)
      .optional(),
    completedEpochs: number(),
    progress: json<NonNullable<Run['progress']>>().optional(),
    checkpoint: json<NonNullable<Run['checkpoint']>>().optional(),
    rung: number().optional(),
    attempts: number(),
    interruptions: number().optional(),
    fruitlessAttempts: number(),
    createdAt: string(),
    startedAt: string().optional(),
    endedAt: string().optional(),
    runtimeSeconds: number(),
    timeUse: json<NonNullable<Run['timeUse']>>().optional(),
    gpu: json<NonNullable<Run['gpu']>>().optional(),
    fusedWithin: number().optional(),
    error: json<NonNullable<Run['error']>>().optional(),
  } satisfies Record<keyof Run, unknown>),
});

export const runItem = (run: Run): StoredItem & ItemKey => toItem(runEntity, run);
export const toRun = (item: StoredItem): Run => fromItem(runEntity, item);
