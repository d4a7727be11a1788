import type { DataHandle, DataHandleKey } from '../domain/data-handle.ts';
import type { DataHandleStore } from '../domain/ports.ts';
import { dataHandleEntity } from './data-handle-entity.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { fromItem, keyOf, toItem } from './stored-item.ts';

/** Data handles; their manifests lie in S3. */
export class DynamoDataHandleStore implements DataHandleStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(key: DataHandleKey): Promise<DataHandle | undefined> {
    const item = await this.#table.get(keyOf(dataHandleEntity, key));
    return item && fromItem(dataHandleEntity, item);
  }

  async replace(dataHandle: DataHandle): Promise<void> {
    await this.#table.put({ put: toItem(dataHandleEntity, dataHandle) });
  }
}
