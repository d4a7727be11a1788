import type { Page, PageRequest } from '../domain/ports.ts';
import type { Occurrence, OccurrenceKey, ScheduleKey } from '../domain/schedule.ts';
import type { OccurrenceStore } from '../domain/schedule-ports.ts';
import { decodeCursor, toPage } from './cursor.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { absent } from './dynamo-table.ts';
import {
  occurrenceEntity,
  occurrenceItem,
  occurrenceSortKey,
  occurrencesPartition,
  openPartition,
  openSortKey,
  toOccurrence,
} from './occurrence-entity.ts';
import { activeIndex } from './operation-entity.ts';
import { keyOf } from './stored-item.ts';

/** A schedule's occurrences in a partition of their own, in the order of their moments. */
export class DynamoOccurrenceStore implements OccurrenceStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(key: OccurrenceKey): Promise<Occurrence | undefined> {
    const item = await this.#table.get(keyOf(occurrenceEntity, key));
    return item && toOccurrence(item);
  }

  async create(occurrence: Occurrence): Promise<boolean> {
    return this.#table.put({ put: occurrenceItem(occurrence), condition: absent });
  }

  async replace(occurrence: Occurrence, revision: number): Promise<boolean> {
    return this.#table.put({
      put: occurrenceItem(occurrence),
      condition: '#revision = :read',
      values: { ':read': revision },
    });
  }

  async list(
    key: ScheduleKey,
    { limit, maxBytes, cursor }: PageRequest,
  ): Promise<Page<Occurrence>> {
    const [last] = cursor === undefined ? [] : decodeCursor(cursor, /^([\d:.TZ-]{24})$/);
    const items = await this.#table.query({
      partition: occurrencesPartition(key),
      from: occurrenceSortKey(''),
      // `~` sorts after every moment; the moment without its Z right before it.
      to: occurrenceSortKey(last === undefined ? '~' : last.slice(0, -1)),
      limit: limit + 1,
      newestFirst: true,
    });
    return toPage(items.map(toOccurrence), { limit, maxBytes }, ({ at }) => at);
  }

  async listOpen({ limit, cursor }: PageRequest, of?: ScheduleKey): Promise<Page<Occurrence>> {
    const [last] = cursor === undefined ? [] : decodeCursor(cursor, /^([\w.:#-]+)$/);
    const prefix = of ? openSortKey({ ...of, at: '' }) : '';
    const items = await this.#table.query({
      index: activeIndex,
      partition: openPartition,
      from: last === undefined ? `${prefix}!` : `${last}!`,
      to: `${prefix}~`,
      limit: limit + 1,
    });
    return toPage(items.map(toOccurrence), { limit }, openSortKey);
  }
}
