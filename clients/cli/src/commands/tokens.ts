import { Option } from '@commander-js/extra-typings';
import {
  createToken,
  listTokens,
  revokeToken,
  type TokenResource,
  tokenRequest,
} from '../../../../contract/access-routes.ts';
import { allOf } from '../../../../contract/client.ts';
import type { Family } from '../family.ts';
import { positive } from '../options.ts';
import type { Style } from '../render/paint.ts';
import type { Column } from '../render/table.ts';
import { table } from '../render/table.ts';
import { moment } from '../render/words.ts';

const roles = tokenRequest.shape.role.options;

export const tokens: Family = (program, session) => {
  const family = program
    .command('tokens')
    .alias('token')
    .description('make, list and revoke API tokens, as an admin');
  create(family, session);
  list(family, session);
  revoke(family, session);
};

const create: Family = (family, session) => {
  family
    .command('create')
    .description('make a token; its text, told this once, is all that standard output gets')
    .argument('<label>', 'who or what will bear it')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--workspaces <name...>', 'what it opens, * for all; the workspace if left out')
    .option('--days <days>', 'until it expires; 90 if left out', positive)
    .option('--calls-per-minute <calls>', 'at most; 1,200 if left out', positive)
    .action(async (label, { role, workspaces, days, callsPerMinute }) => {
      const { call, connection } = session.service();
      const body = {
        ...{ label, role, workspaces: workspaces ?? [connection.workspace] },
        ...(days !== undefined && { expiresInDays: days }),
        ...(callsPerMinute !== undefined && { callsPerMinute }),
      };
      const { token, text } = (await call(createToken, { body })).body;
      session.say(
        `Token ${token.tokenId} of ${label} opens ${token.workspaces.join(', ')} as ${role} ` +
          `until ${moment(token.expiresAt)}. Keep it: it is not shown again`,
      );
      session.answer({ token, text }, () => text);
    });
};

const list: Family = (family, session) => {
  family
    .command('list')
    .description('list the tokens of workspaces that your own opens, without their texts')
    .action(async () => {
      const { call } = session.service();
      const all = await allOf((cursor) => call(listTokens, { query: { cursor } }));
      session.answer(all, () =>
        all.length === 0 ? 'No tokens' : table(columns, all, session.canvas()).join('\n'),
      );
    });
};

const revoke: Family = (family, session) => {
  family
    .command('revoke')
    .description('take a token back; within a minute it is accepted nowhere')
    .argument('<token>', 'its ID')
    .action(async (tokenId) => {
      const { repeat } = session.service();
      const { token } = (await repeat(revokeToken, { params: { tokenId } })).body;
      session.answer(token, () => `Token ${tokenId} of ${token.label} is revoked`);
    });
};

type Validity = 'valid' | 'expired' | 'revoked';

const validity = ({ expiresAt, revokedAt }: TokenResource): Validity => {
  if (revokedAt !== undefined) return 'revoked';
  return Date.parse(expiresAt) > Date.now() ? 'valid' : 'expired';
};

const styles: Record<Validity, Style> = { valid: 'green', expired: 'yellow', revoked: 'dim' };

const columns: readonly Column<TokenResource>[] = [
  { title: 'token', text: ({ tokenId }) => tokenId },
  { title: 'label', text: ({ label }) => label, least: 10 },
  { title: 'role', text: ({ role }) => role },
  { title: 'workspaces', text: ({ workspaces }) => workspaces.join(', '), least: 8 },
  { title: 'status', text: validity, style: (token) => styles[validity(token)] },
  { title: 'expires', text: ({ expiresAt }) => moment(expiresAt), rank: 1 },
  { title: 'made by', text: ({ createdBy }) => createdBy, least: 8, rank: 2 },
];
