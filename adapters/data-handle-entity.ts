import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { string } from 'dynamodb-toolbox/schema/string';
import type { DataHandle } from '../domain/data-handle.ts';
import { dataErrorTypes, dataHandleStatuses } from '../domain/data-handle.ts';
import { json } from './json-attribute.ts';
import { experimentPartition, table } from './table-keys.ts';

export const dataHandleEntity = new Entity({
  name: 'DataHandle',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ dataHandleId, ...key }) => ({
    pk: experimentPartition(key),
    sk: `DATA#${dataHandleId}`,
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    dataHandleId: string().key(),
    spec: json<DataHandle['spec']>(),
    status: string().enum(...dataHandleStatuses),
    createdAt: string(),
    rows: json<NonNullable<DataHandle['rows']>>().optional(),
    manifestSha256: string().optional(),
    error: string().optional(),
    errorType: string()
      .enum(...dataErrorTypes)
      .optional(),
  } satisfies Record<keyof DataHandle, unknown>),
});
