import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { Rung } from '../domain/rung.ts';
import { json } from './json-attribute.ts';
import { operationPartition, padded, table } from './table-keys.ts';

/** What was decided at a rung of a fit's bracket. */
export const rungEntity = new Entity({
  name: 'Rung',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ bracket, epoch, ...key }) => ({
    pk: operationPartition(key),
    sk: `RUNG#${padded(bracket, 6)}#${padded(epoch, 5)}`,
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    operation: number().key(),
    bracket: number().key(),
    epoch: number().key(),
    promoted: json<Rung['promoted']>(),
    lacking: json<Rung['lacking']>(),
    decidedAt: string(),
  } satisfies Record<keyof Rung, unknown>),
});
