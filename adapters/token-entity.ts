import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { list } from 'dynamodb-toolbox/schema/list';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { ApiToken } from '../domain/api-token.ts';
import { roles } from '../domain/caller.ts';
import { table } from './table-keys.ts';

export const tokensPartition = 'TOKENS';

const tokenPrefix = 'TOKEN#';

/** The sort keys after a token's: of all tokens after the empty one. */
export const tokensAfter = (id: string): { readonly from: string; readonly to: string } => ({
  from: id === '' ? tokenPrefix : `${tokenPrefix}${id}~`,
  to: `${tokenPrefix}~`,
});

/** An API token, of which only the SHA-256 is kept. */
export const tokenEntity = new Entity({
  name: 'Token',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ id }) => ({ pk: tokensPartition, sk: tokenPrefix + id }),
  schema: item({
    id: string().key(),
    sha256: string(),
    label: string(),
    role: string().enum(...roles),
    workspaces: list(string()),
    callsPerMinute: number(),
    createdAt: string(),
    createdBy: string(),
    expiresAt: string(),
    revokedAt: string().optional(),
  } satisfies Record<keyof ApiToken, unknown>),
});
