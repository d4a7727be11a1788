import type { EpochResult } from '../domain/run.ts';
import type { Rung, RungKey } from '../domain/rung.ts';
import type { RungStore } from '../domain/worker-ports.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { absent } from './dynamo-table.ts';
import { epochResultEntity, toEpochResult } from './epoch-result-entity.ts';
import { rungEntity } from './rung-entity.ts';
import { fromItem, keyOf, toItem } from './stored-item.ts';

/** One item for each rung that was decided, in which the first decision stays; and the results it goes by. */
export class DynamoRungStore implements RungStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async measured(key: RungKey, runIds: readonly number[]): Promise<readonly EpochResult[]> {
    const { workspace, experiment, epoch } = key;
    const keys = runIds.map((runId) =>
      keyOf(epochResultEntity, { workspace, experiment, runId, epoch }),
    );
    return (await this.#table.getMany(keys)).map(toEpochResult);
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
