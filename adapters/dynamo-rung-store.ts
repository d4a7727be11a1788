import type { RungStore } from '../domain/ports.ts';
import type { Rung, RungKey } from '../domain/rung.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { absent } from './dynamo-table.ts';
import { rungEntity } from './rung-entity.ts';
import { fromItem, keyOf, toItem } from './stored-item.ts';

/** One item for each rung that was decided; the first decision stays. */
export class DynamoRungStore implements RungStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(key: RungKey): Promise<Rung | undefined> {
    const item = await this.#table.get(keyOf(rungEntity, key));
    return item && fromItem(rungEntity, item);
  }

  async keep(rung: Rung): Promise<Rung> {
    const isFirst = await this.#table.put({ put: toItem(rungEntity, rung), condition: absent });
    const kept = isFirst ? rung : await this.find(rung);
    if (!kept) throw new Error(`rung ${rung.epoch} of bracket ${rung.bracket} vanished`);
    return kept;
  }
}
