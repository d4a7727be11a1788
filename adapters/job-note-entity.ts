import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { JobNote } from '../domain/worker-ports.ts';
import type { StoredItem } from './stored-item.ts';
import { fromItem } from './stored-item.ts';
import { operationPartition, padded, table } from './table-keys.ts';

export const jobNoteSortKey = (worker: number): string => `JOB-NOTE#${padded(worker, 6)}`;

export const jobNoteEntity = new Entity({
  name: 'JobNote',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ worker, ...key }) => ({ pk: operationPartition(key), sk: jobNoteSortKey(worker) }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    operation: number().key(),
    worker: number().key(),
    jobId: string(),
    status: string(),
    reason: string().optional(),
    attempts: number(),
    at: string(),
  } satisfies Record<keyof JobNote, unknown>),
});

export const toJobNote = (item: StoredItem): JobNote => fromItem(jobNoteEntity, item);
