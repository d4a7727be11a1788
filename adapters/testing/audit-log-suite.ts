import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../domain/audit.ts';
import type { AuditLog } from '../../domain/ports.ts';
import { allPages, later, newWorkspace, now } from './samples.ts';

const entryOf = (workspace: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  workspace,
  at: now,
  requestId: 'a',
  tokenId: 'abcdefghij12',
  by: 'ada',
  op: 'stopRun',
  target: `/v1/workspaces/${workspace}/experiments/digits/runs/3/stop`,
  status: 202,
  ...more,
});

/** What holds of every `AuditLog`. */
export const auditLogSuite = (ports: () => { readonly auditLog: AuditLog }) =>
  describe('an audit log', () => {
    it('tells what was added in the order of time, page by page, and of its workspace alone', async () => {
      const { auditLog } = ports();
      const workspace = newWorkspace();
      const last = entryOf(workspace, { at: later, status: 403, problem: 'forbidden' });
      await auditLog.add(last);
      for (const requestId of ['c', 'a', 'b='])
        await auditLog.add(entryOf(workspace, { requestId }));
      await auditLog.add(entryOf(newWorkspace()));
      const pages = await allPages((page) => auditLog.list({ workspace }, page), 2);
      expect(pages.map((page) => page.map(({ requestId }) => requestId))).toEqual([
        ['a', 'b='],
        ['c', 'a'],
      ]);
      expect(pages.at(-1)?.at(-1)).toEqual(last);
    });

    it('tells what lies between two moments, both included', async () => {
      const { auditLog } = ports();
      const workspace = newWorkspace();
      const moments = ['2026-01-01T00:00:00.000Z', now, later];
      for (const at of moments) await auditLog.add(entryOf(workspace, { at }));
      const between = async (from?: string, to?: string) => {
        const { items } = await auditLog.list({ workspace, from, to }, { limit: 10 });
        return items.map(({ at }) => at);
      };
      expect(await between(now)).toEqual([now, later]);
      expect(await between(undefined, now)).toEqual(moments.slice(0, 2));
      expect(await between(now, now)).toEqual([now]);
    });
  });
