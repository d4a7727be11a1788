import { listAudit as route } from '../../contract/access-routes.ts';
import { auditRange } from '../../domain/audit.ts';
import { useCase } from '../use-case.ts';
import { pageRequest } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { theCaller } from './the-caller.ts';

export const listAudit = useCase(route, async (call, { auditLog }: Pick<HttpPorts, 'auditLog'>) => {
  const range = auditRange(call.query, theCaller(call));
  const page = await auditLog.list(range, pageRequest(call.query));
  const items = page.items.map(({ workspace: _, ...entry }) => entry);
  return { status: 200, body: { items, nextCursor: page.nextCursor } };
});
