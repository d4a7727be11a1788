import { problemTexts } from '../../contract/problem.ts';
import type { Route } from '../../contract/route.ts';
import { isForUsers } from '../../contract/route.ts';
import type { AuditEntry } from '../../domain/audit.ts';
import { auditWorkspaces } from '../../domain/audit.ts';
import type { Caller } from '../../domain/caller.ts';
import { checkAccess } from '../../domain/caller.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { callerOf, type HttpEvent } from './http-event.ts';
import { madeBy } from './made-by.ts';
import type { Middleware } from './middleware.ts';
import type { HttpPorts } from './ports.ts';

export type GuardPorts = Pick<HttpPorts, 'quota' | 'auditLog' | 'clock'>;

/**
 * Stands before every route of users: refuses callers without the right, or with too many calls, and keeps
 * what was changed, or was refused for want of a right, in the audit before it is answered.
 */
export const guard = ({ access, name, method }: Route, ports: () => GuardPorts): Middleware => {
  if (!isForUsers(access)) throw new Error(`${name} is not for users`);
  const changes = method !== 'GET' && access !== 'reader';

  const keep = async (event: HttpEvent, outcome: Outcome): Promise<void> => {
    const caller = callerOf(event);
    if (!caller || !(changes || outcome.problem === 'forbidden')) return;
    const { auditLog, clock } = ports();
    const workspaces = auditWorkspaces(event.pathParameters?.['workspace'], caller);
    const entry = { ...outcome, op: name, at: clock.now(), ...madeOut(event, caller) };
    await Promise.all(workspaces.map((workspace) => auditLog.add({ ...entry, workspace })));
  };

  return {
    before: async ({ event }) => {
      const caller = callerOf(event);
      if (!caller) throw new Error(`${name} was called without an authorizer`);
      await checkQuota(caller, ports());
      checkAccess(caller, { role: access, workspace: event.pathParameters?.['workspace'] });
    },
    after: async ({ event, response }) => {
      const { statusCode: status = 200, body } = response ?? {};
      await keep(event, { status, made: changes ? madeBy(body) : undefined });
    },
    onError: async ({ event, error }) => {
      const problem = error instanceof DomainError ? error.refusal : 'internal-error';
      await keep(event, { status: problemTexts[problem].status, problem });
    },
  };
};

type Outcome = Pick<AuditEntry, 'status' | 'problem' | 'made'>;

const madeOut = ({ rawPath, requestContext }: HttpEvent, { id, label }: Caller) => ({
  target: rawPath,
  requestId: requestContext.requestId,
  tokenId: id,
  by: label,
});

const checkQuota = async (caller: Caller, { quota, clock }: GuardPorts): Promise<void> => {
  if (await quota.take(caller, clock.now())) return;
  throw new DomainError(
    'too-many-requests',
    `this token may make ${caller.callsPerMinute} calls a minute, which are used up; go on in the next one`,
  );
};
