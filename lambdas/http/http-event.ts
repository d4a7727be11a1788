import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Caller, Role } from '../../domain/caller.ts';

/** What our authorizer says of a caller. API Gateway hands it on as texts. */
export interface CallerContext {
  readonly id: string;
  readonly label: string;
  readonly role: string;
  /** Separated by blanks. */
  readonly workspaces: string;
  readonly callsPerMinute: string;
}

/** An HTTP API event with what our authorizer added to it. */
export type HttpEvent = APIGatewayProxyEventV2 & {
  readonly requestContext: {
    readonly authorizer?: { readonly lambda?: CallerContext | undefined };
  };
};

export const contextOf = ({
  id,
  label,
  role,
  workspaces,
  callsPerMinute,
}: Caller): CallerContext => ({
  ...{ id, label, role },
  workspaces: workspaces.join(' '),
  callsPerMinute: String(callsPerMinute),
});

/** Who calls; `undefined` on routes that have no authorizer. */
export const callerOf = ({ requestContext }: HttpEvent): Caller | undefined => {
  const context = requestContext.authorizer?.lambda;
  if (context === undefined) return undefined;
  const { id, label, role, workspaces, callsPerMinute } = context;
  return {
    ...{ id, label },
    // Our own authorizer's word.
    role: role as Role,
    workspaces: workspaces.split(' '),
    callsPerMinute: Number(callsPerMinute),
  };
};
