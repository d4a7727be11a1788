import type { ApiToken, TokenStore } from '../domain/ports.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { fromItem, keyOf } from './stored-item.ts';
import { tokenEntity } from './token-entity.ts';

/** API tokens, of which the table knows the SHA-256 only. */
export class DynamoTokenStore implements TokenStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(tokenSha256: string): Promise<ApiToken | undefined> {
    const item = await this.#table.get(keyOf(tokenEntity, { sha256: tokenSha256 }));
    // The operator writes the item by hand; its key says the SHA-256 already.
    if (!item) return undefined;
    const { label, workspace } = fromItem(tokenEntity, { ...item, sha256: tokenSha256 });
    return { label, workspace };
  }
}
