import { DomainError } from './domain-error.ts';

/* Who calls, and what that allows. */

/** From the least to the most: each may do what those before it may. */
export const roles = ['reader', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Opens every workspace there is and will be. */
export const everyWorkspace = '*';

/** The bearer of an API token of ours, or of one of the deployment's identity provider. */
export interface Caller {
  /** The token's ID; `jwt:` and the subject of a token that we did not make. */
  readonly id: string;
  /** What people call it. */
  readonly label: string;
  readonly role: Role;
  /** The workspaces it opens; `*` opens all. */
  readonly workspaces: readonly string[];
  readonly callsPerMinute: number;
}

/** What a token without a rate of its own may do: a person with two notebooks that are watched, tenfold. */
export const usualCallsPerMinute = 1200;

/** Refuses a caller that the workspace is closed to, or whose role is less than the call takes. */
export const checkAccess = (
  caller: Pick<Caller, 'role' | 'workspaces'>,
  { role, workspace }: { readonly role: Role; readonly workspace: string | undefined },
): void => {
  if (workspace !== undefined && !opens(caller, workspace)) {
    throw new DomainError(
      'forbidden',
      `this token opens ${listed(caller.workspaces)}, not workspace ${workspace}; ask an admin of ${workspace} for one`,
    );
  }
  if (roles.indexOf(caller.role) >= roles.indexOf(role)) return;
  throw new DomainError(
    'forbidden',
    `this takes the role ${role}, and this token has ${caller.role}; ask an admin for one that has it`,
  );
};

export const opens = ({ workspaces }: Pick<Caller, 'workspaces'>, workspace: string): boolean =>
  workspaces.includes(everyWorkspace) || workspaces.includes(workspace);

const listed = (workspaces: readonly string[]): string =>
  `workspace${workspaces.length === 1 ? '' : 's'} ${workspaces.join(', ')}`;
