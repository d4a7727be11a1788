import { exportAudit as route } from '../../contract/access-routes.ts';
import { auditRange, auditTable } from '../../domain/audit.ts';
import { everyWorkspace } from '../../domain/caller.ts';
import type { AuditRange } from '../../domain/ports.ts';
import { useCase } from '../use-case.ts';
import type { HttpPorts } from './ports.ts';
import { publishTable } from './publish-table.ts';
import { theCaller } from './the-caller.ts';

type Ports = Pick<HttpPorts, 'auditLog' | 'exports' | 'entropy'>;

export const exportAudit = useCase(route, async (call, ports: Ports) => {
  const { format, ...asked } = call.body;
  const range = auditRange(asked, theCaller(call));
  const { items } = await ports.auditLog.list(range, { limit: Number.POSITIVE_INFINITY });
  const published = { name: auditName(range), table: auditTable(items), format };
  return { status: 201, body: await publishTable(published, ports) };
});

const auditName = ({ workspace }: AuditRange): string =>
  workspace === everyWorkspace ? 'audit' : `${workspace}-audit`;
