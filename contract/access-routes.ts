import * as z from 'zod/mini';
import { usualDays } from '../domain/api-token.ts';
import { everyWorkspace, roles, usualCallsPerMinute } from '../domain/caller.ts';
import { refusals } from '../domain/domain-error.ts';
import { exported } from './export-routes.ts';
import { page } from './resources.ts';
import { route } from './route.ts';
import { none, paging } from './route-parts.ts';
import { instant, workspace } from './shapes.ts';

/* Tokens, and who did what with them. */

const anyWorkspace = z.union([workspace, z.literal(everyWorkspace)]);

/** What a token is called and may do. */
const grant = {
  /** Who or what bears it; shown wherever something says who did it. */
  label: z.string().check(z.regex(/^\S(?:[^\n\r\t]{0,62}\S)?$/)),
  role: z.enum(roles),
  workspaces: z.array(anyWorkspace).check(z.minLength(1), z.maxLength(50)),
};

const maxDays = 3650;
const maxCallsPerMinute = 1_000_000;

/** What is asked of a new token; also what an operator with AWS rights asks of the first one. */
export const tokenRequest = z.strictObject({
  ...grant,
  expiresInDays: z._default(z.int().check(z.gte(1), z.lte(maxDays)), usualDays),
  callsPerMinute: z._default(
    z.int().check(z.gte(1), z.lte(maxCallsPerMinute)),
    usualCallsPerMinute,
  ),
});

const tokenResource = z.object({
  tokenId: z.string(),
  ...grant,
  callsPerMinute: z.int(),
  createdAt: instant,
  createdBy: z.string(),
  expiresAt: instant,
  revokedAt: z.optional(instant),
});

export type TokenResource = z.infer<typeof tokenResource>;

const tokensPath = '/v1/tokens';

export const createToken = route({
  name: 'createToken',
  method: 'POST',
  path: tokensPath,
  summary: 'Makes an API token, whose text is told this once',
  access: 'admin',
  params: none,
  query: none,
  body: tokenRequest,
  /** `text` is what the bearer sends. */
  answer: z.object({ token: tokenResource, text: z.string() }),
  statuses: { 201: 'The token works from now on' },
  problems: [],
});

export const listTokens = route({
  name: 'listTokens',
  method: 'GET',
  path: tokensPath,
  summary: 'Lists tokens of workspaces that the caller’s own opens, without their texts',
  access: 'admin',
  params: none,
  query: z.object(paging),
  body: none,
  answer: page(tokenResource),
  statuses: { 200: 'A page of tokens' },
  problems: [],
});

export const revokeToken = route({
  name: 'revokeToken',
  method: 'POST',
  path: `${tokensPath}/{tokenId}/revoke`,
  summary: 'Takes a token back; within a minute it is accepted nowhere',
  access: 'admin',
  params: z.object({ tokenId: z.string().check(z.regex(/^[a-z0-9]{12}$/)) }),
  query: none,
  body: none,
  answer: z.object({ token: tokenResource }),
  statuses: { 200: 'It is revoked' },
  problems: ['token-not-found'],
});

const auditEntry = z.object({
  at: instant,
  by: z.string(),
  tokenId: z.string(),
  op: z.string(),
  target: z.string(),
  /** What it made: an operation’s number, run IDs, names. */
  made: z.optional(z.string()),
  status: z.int(),
  problem: z.optional(z.enum([...refusals, 'internal-error'])),
  requestId: z.string(),
});

/** Which entries: those of a workspace, `*` for what was done above them, between two moments. */
const audited = {
  workspace: z.optional(anyWorkspace),
  from: z.optional(instant),
  to: z.optional(instant),
};

export const listAudit = route({
  name: 'listAudit',
  method: 'GET',
  path: '/v1/audit',
  summary: 'Lists who did what when, and what was refused for want of a right, in order',
  access: 'admin',
  params: none,
  query: z.object({ ...audited, ...paging }),
  body: none,
  answer: page(auditEntry),
  statuses: { 200: 'A page of entries' },
  problems: [],
});

export const exportAudit = route({
  ...exported,
  name: 'exportAudit',
  path: '/v1/audit/exports',
  summary: 'Writes the audit of a workspace as one file',
  access: 'admin',
  params: none,
  body: z.strictObject({ ...audited, format: exported.body.shape.format }),
  problems: [],
});
