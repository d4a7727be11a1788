import { Entity } from 'dynamodb-toolbox/entity';
import { boolean } from 'dynamodb-toolbox/schema/boolean';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { Worker } from '../domain/worker.ts';
import { workerStatuses } from '../domain/worker.ts';
import { json } from './json-attribute.ts';
import type { StoredItem } from './stored-item.ts';
import { fromItem, toItem } from './stored-item.ts';
import type { ItemKey } from './table-keys.ts';
import { operationPartition, padded, table } from './table-keys.ts';

export const workerSortKey = (worker: number): string => `WORKER#${padded(worker, 6)}`;

export const workerEntity = new Entity({
  name: 'Worker',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ worker, ...key }) => ({ pk: operationPartition(key), sk: workerSortKey(worker) }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    operation: number().key(),
    worker: number().key(),
    status: string().enum(...workerStatuses),
    revision: number(),
    dealing: json<Worker['dealing']>(),
    plannedTokenSha256: string(),
    tokenSha256s: json<Worker['tokenSha256s']>(),
    lease: number(),
    jobId: string().optional(),
    attempt: number().optional(),
    sequence: number(),
    lastSyncAt: string().optional(),
    interrupted: boolean().optional(),
    interruptions: number().optional(),
    idleSince: string().optional(),
    runtimeSeconds: number(),
    inference: json<NonNullable<Worker['inference']>>().optional(),
    jobs: number(),
    leaseAtJobStart: number(),
    executions: number().optional(),
  } satisfies Record<keyof Worker, unknown>),
});

export const workerItem = (worker: Worker): StoredItem & ItemKey => toItem(workerEntity, worker);
export const toWorker = (item: StoredItem): Worker => fromItem(workerEntity, item);
