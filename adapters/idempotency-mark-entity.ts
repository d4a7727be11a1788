import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import { experimentPartition, table } from './table-keys.ts';

/** Remembers which operation an `Idempotency-Key` started. */
export const idempotencyMarkEntity = new Entity({
  name: 'IdempotencyMark',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ key, ...experiment }) => ({
    pk: experimentPartition(experiment),
    sk: `KEY#${key}`,
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    key: string().key(),
    operation: number(),
    requestSha256: string(),
  }),
});
