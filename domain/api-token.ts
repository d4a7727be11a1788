import type { Caller, Role } from './caller.ts';
import { opens } from './caller.ts';
import { DomainError } from './domain-error.ts';
import type { Instant } from './instant.ts';
import { plusSeconds } from './instant.ts';

/* API tokens: `ff_{id}_{secret}`, of which only a SHA-256 is kept. */

export interface ApiToken extends Caller {
  /** Of the whole text. */
  readonly sha256: string;
  readonly createdAt: Instant;
  /** The label of whoever made it. */
  readonly createdBy: string;
  readonly expiresAt: Instant;
  readonly revokedAt?: Instant | undefined;
}

/** What somebody asks of a new token. */
export interface TokenRequest {
  readonly label: string;
  readonly role: Role;
  readonly workspaces: readonly string[];
  readonly expiresInDays: number;
  readonly callsPerMinute: number;
}

export const usualDays = 90;

/** Lower-case letters and digits. */
export const idLength = 12;

const secondsPerDay = 86_400;

/** A new token, but for the hash of the text that its bearer is given. */
export const newToken = (
  { expiresInDays, ...asked }: TokenRequest,
  made: {
    readonly now: Instant;
    readonly by: string;
    readonly id: string;
    readonly secret: string;
  },
): { readonly token: Omit<ApiToken, 'sha256'>; readonly text: string } => {
  const { now, by, id, secret } = made;
  const expiresAt = plusSeconds(now, expiresInDays * secondsPerDay);
  return {
    token: { ...asked, id, createdAt: now, createdBy: by, expiresAt },
    text: `ff_${id}_${secret}`,
  };
};

/** The ID in a token's text; `undefined` when it is no text that we gave out. */
export const tokenIdIn = (text: string): string | undefined =>
  /^ff_(?<id>[a-z0-9]{12})_[\w-]{43}$/.exec(text)?.groups?.['id'];

export const isValid = ({ expiresAt, revokedAt }: ApiToken, now: Instant): boolean =>
  revokedAt === undefined && now < expiresAt;

/** Nobody gives, sees or takes back what opens a workspace that is closed to them. */
export const governs = (
  admin: Pick<Caller, 'workspaces'>,
  { workspaces }: Pick<Caller, 'workspaces'>,
): boolean => workspaces.every((workspace) => opens(admin, workspace));

/** Refuses a token for workspaces that its maker does not open. */
export const checkGrant = (
  admin: Pick<Caller, 'workspaces'>,
  wanted: Pick<TokenRequest, 'workspaces'>,
): void => {
  if (governs(admin, wanted)) return;
  throw new DomainError(
    'forbidden',
    `you can give tokens for ${admin.workspaces.join(', ')} only`,
    wanted.workspaces.flatMap((workspace, i) =>
      opens(admin, workspace)
        ? []
        : [{ pointer: `/workspaces/${i}`, detail: 'your own token does not open it' }],
    ),
  );
};
