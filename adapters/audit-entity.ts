import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { AuditEntry } from '../domain/audit.ts';
import { table } from './table-keys.ts';

/** Of its own, so that functions may be let to write there and nowhere else. */
export const auditPartition = (workspace: string): string => `AUDIT#${workspace}`;

/** The place of an entry in its workspace's audit. */
export const auditPlace = ({ at, requestId }: Pick<AuditEntry, 'at' | 'requestId'>): string =>
  `${at}#${requestId}`;

export const auditEntity = new Entity({
  name: 'Audit',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ workspace, ...entry }) => ({
    pk: auditPartition(workspace),
    sk: auditPlace(entry),
  }),
  schema: item({
    workspace: string().key(),
    at: string().key(),
    requestId: string().key(),
    tokenId: string(),
    by: string(),
    op: string(),
    target: string(),
    made: string().optional(),
    status: number(),
    problem: string().optional(),
  } satisfies Record<keyof AuditEntry, unknown>),
});
