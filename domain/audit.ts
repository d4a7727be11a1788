import { type Caller, checkAccess, everyWorkspace } from './caller.ts';
import type { Refusal } from './domain-error.ts';
import type { Instant } from './instant.ts';
import type { Table } from './table.ts';
import { column } from './table.ts';

/* Who did what when. */

/** One call that changed something, or was refused for want of a right. */
export interface AuditEntry {
  /** The workspace it lies in, or `*`. */
  readonly workspace: string;
  readonly at: Instant;
  /** Of the request, as the access log and every problem name it. */
  readonly requestId: string;
  readonly tokenId: string;
  /** The token's label. */
  readonly by: string;
  /** The route's name. */
  readonly op: string;
  /** The path that was called. */
  readonly target: string;
  /** What it made: the number of an operation, the IDs of runs, names. */
  readonly made?: string | undefined;
  /** The answer's HTTP status. */
  readonly status: number;
  /** The problem's name, when it was refused or failed. */
  readonly problem?: Refusal | 'internal-error' | undefined;
}

/** A call in a workspace lies there; one above them lies where its caller may look. */
export const auditWorkspaces = (
  workspace: string | undefined,
  caller: Pick<Caller, 'workspaces'>,
): readonly string[] => {
  if (workspace !== undefined) return [workspace];
  return caller.workspaces.includes(everyWorkspace) ? [everyWorkspace] : caller.workspaces;
};

export const auditTable = (entries: readonly AuditEntry[]): Table => [
  column(entries, 'at', 'instant', ({ at }) => at),
  column(entries, 'by', 'text', ({ by }) => by),
  column(entries, 'token_id', 'text', ({ tokenId }) => tokenId),
  column(entries, 'op', 'text', ({ op }) => op),
  column(entries, 'target', 'text', ({ target }) => target),
  column(entries, 'made', 'text', ({ made }) => made),
  column(entries, 'status', 'integer', ({ status }) => status),
  column(entries, 'problem', 'text', ({ problem }) => problem),
  column(entries, 'request_id', 'text', ({ requestId }) => requestId),
];

/** The entries that a caller asks for; by default of the workspace (or `*`) that its own calls are kept in. */
export const auditRange = <Asked extends { readonly workspace?: string | undefined }>(
  asked: Asked,
  caller: Pick<Caller, 'role' | 'workspaces'>,
): Asked & { readonly workspace: string } => {
  const workspace = asked.workspace ?? caller.workspaces[0] ?? everyWorkspace;
  checkAccess(caller, { role: 'admin', workspace });
  return { ...asked, workspace };
};
