import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { string } from 'dynamodb-toolbox/schema/string';
import { table } from './table-keys.ts';

/** An API token, known by its SHA-256; written by the operator, only read here. */
export const tokenEntity = new Entity({
  name: 'Token',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ sha256 }) => ({ pk: `TOKEN#${sha256}`, sk: 'TOKEN' }),
  schema: item({
    sha256: string().key(),
    label: string(),
    workspace: string(),
  }),
});
