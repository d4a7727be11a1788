import type { Champion } from '../domain/champion.ts';
import type { Page, PageRequest } from '../domain/ports.ts';
import type { Schedule, ScheduleKey } from '../domain/schedule.ts';
import type { ScheduleStore } from '../domain/schedule-ports.ts';
import { decodeCursor, toPage } from './cursor.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { absent } from './dynamo-table.ts';
import { scheduleEntity, scheduleSortKey } from './schedule-entity.ts';
import { fromItem, keyOf, toItem } from './stored-item.ts';
import { workspacePartition } from './table-keys.ts';

/** Schedules, beside their workspace's experiments. */
export class DynamoScheduleStore implements ScheduleStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(key: ScheduleKey): Promise<Schedule | undefined> {
    const item = await this.#table.get(keyOf(scheduleEntity, key));
    return item && fromItem(scheduleEntity, item);
  }

  async list(workspace: string, { limit, maxBytes, cursor }: PageRequest): Promise<Page<Schedule>> {
    const [last] = cursor === undefined ? [] : decodeCursor(cursor, /^([\w-]{1,31})$/);
    const items = await this.#table.query({
      partition: workspacePartition(workspace),
      // `!` sorts before, and `~` after, every character of a name.
      from: scheduleSortKey(last === undefined ? '' : `${last}!`),
      to: scheduleSortKey('~'),
      limit: limit + 1,
      filter: '#state <> :deleted',
      values: { ':deleted': 'deleted' },
    });
    const schedules = items.map((item) => fromItem(scheduleEntity, item));
    return toPage(schedules, { limit, maxBytes }, ({ schedule }) => schedule);
  }

  async replace(schedule: Schedule, revision: number | undefined): Promise<boolean> {
    return this.#table.put({
      put: toItem(scheduleEntity, schedule),
      ...(revision === undefined
        ? { condition: absent }
        : { condition: '#revision = :read', values: { ':read': revision } }),
    });
  }

  async crown(key: ScheduleKey, champion: Champion): Promise<void> {
    await this.#table.update({
      key: keyOf(scheduleEntity, key),
      // A caller who read the schedule before would put the former champion back.
      update: 'SET #champion = :champion, #revision = #revision + :one',
      condition: 'attribute_exists(#pk)',
      values: { ':champion': JSON.stringify(champion), ':one': 1 },
    });
  }
}
