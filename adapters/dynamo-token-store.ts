import type { ApiToken } from '../domain/api-token.ts';
import type { Instant } from '../domain/instant.ts';
import type { Page, PageRequest, TokenStore } from '../domain/ports.ts';
import { decodeCursor, toPage } from './cursor.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { absent } from './dynamo-table.ts';
import { fromItem, keyOf, toItem } from './stored-item.ts';
import { tokenEntity, tokensAfter, tokensPartition } from './token-entity.ts';

/** API tokens in one partition: they are read once a minute each, since what is found is cached. */
export class DynamoTokenStore implements TokenStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async create(token: ApiToken): Promise<void> {
    const made = await this.#table.put({
      put: toItem(tokenEntity, { ...token, workspaces: [...token.workspaces] }),
      condition: absent,
    });
    if (!made) throw new Error(`there is a token ${token.id} already`);
  }

  async find(id: string): Promise<ApiToken | undefined> {
    const item = await this.#table.get(keyOf(tokenEntity, { id }));
    return item && fromItem(tokenEntity, item);
  }

  async revoke(id: string, at: Instant): Promise<void> {
    await this.#table.update({
      key: keyOf(tokenEntity, { id }),
      update: 'SET #revokedAt = :at',
      condition: 'attribute_exists(#pk) AND attribute_not_exists(#revokedAt)',
      values: { ':at': at },
    });
  }

  async list({ limit, maxBytes, cursor }: PageRequest): Promise<Page<ApiToken>> {
    const [last = ''] = cursor === undefined ? [] : decodeCursor(cursor, /^([a-z0-9]+)$/);
    const items = await this.#table.query({
      partition: tokensPartition,
      ...tokensAfter(last),
      limit: limit + 1,
    });
    const tokens = items.map((item) => fromItem(tokenEntity, item));
    return toPage(tokens, { limit, maxBytes }, ({ id }) => id);
  }
}
