import type { AuditEntry } from '../domain/audit.ts';
import type { AuditLog, AuditRange, Page, PageRequest } from '../domain/ports.ts';
import { auditEntity, auditPartition, auditPlace } from './audit-entity.ts';
import { decodeCursor, toPage } from './cursor.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { fromItem, toItem } from './stored-item.ts';

/** An item for each entry; their keys are in the order of time. */
export class DynamoAuditLog implements AuditLog {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async add(entry: AuditEntry): Promise<void> {
    await this.#table.put({ put: toItem(auditEntity, entry) });
  }

  async list(
    { workspace, from = '0', to = '' }: AuditRange,
    { limit, maxBytes, cursor }: PageRequest,
  ): Promise<Page<AuditEntry>> {
    const [last] = cursor === undefined ? [] : decodeCursor(cursor, /^([\d:.TZ-]+#\S+)$/);
    const items = await this.#table.query({
      partition: auditPartition(workspace),
      from: last === undefined ? from : `${last}~`,
      to: `${to}~`,
      limit: limit + 1,
    });
    const entries = items.map((item) => fromItem(auditEntity, item) as AuditEntry);
    return toPage(entries, { limit, maxBytes }, auditPlace);
  }
}
