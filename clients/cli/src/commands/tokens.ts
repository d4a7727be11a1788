import { Option } from '@commander-js/extra-typings';
import type { TokenResource } from '../../../../contract/access-routes.ts';
import {
  createToken,
  listTokens,
  revokeToken,
  tokenRequest,
} from '../../../../contract/access-routes.ts';
import type { Family } from '../family.ts';
import { positive } from '../options.ts';
import type { Column } from '../render/table.ts';
import { table } from '../render/table.ts';
import { moment } from '../render/words.ts';
import { allOf } from '../service.ts';

export const tokens: Family = (program, session) => {
  const family = program
    .command('tokens')
    .description('make, list and revoke API tokens; needs an admin’s');
  create(family, session);
  list(family, session);
  revoke(family, session);
};

const roles = tokenRequest.shape.role.options;

const create: Family = (family, session) => {
  family
    .command('create')
    .description('make a token, and print its text this once')
    .argument('<label>', 'who or what bears it')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--workspaces <name...>', 'what it opens, * for all; the workspace if left out')
    .option('--days <number>', 'until it expires', positive)
    .option('--calls-per-minute <number>', 'how often it may call', positive)
    .action(async (label, { role, workspaces, days, callsPerMinute }) => {
      const { call, connection } = session.service();
      const { body } = await call(createToken, {
        body: {
          label,
          role,
          workspaces: workspaces ?? [connection.workspace],
          ...(days !== undefined && { expiresInDays: days }),
          ...(callsPerMinute !== undefined && { callsPerMinute }),
        },
      });
      const { tokenId, expiresAt } = body.token;
      session.say(`Token ${tokenId} is good until ${moment(expiresAt)}; its text is told only now`);
      session.answer(body, () => body.text);
    });
};

const columns: readonly Column<TokenResource>[] = [
  { title: 'token', text: ({ tokenId }) => tokenId },
  { title: 'label', text: ({ label }) => label, least: 8 },
  { title: 'role', text: ({ role }) => role },
  { title: 'workspaces', text: ({ workspaces }) => workspaces.join(', '), least: 10 },
  { title: 'expires', text: ({ expiresAt }) => moment(expiresAt), rank: 1 },
  { title: 'revoked', text: ({ revokedAt }) => moment(revokedAt), rank: 2, style: () => 'red' },
  { title: 'made by', text: ({ createdBy }) => createdBy, rank: 3 },
];

const list: Family = (family, session) => {
  family
    .command('list')
    .description('list the tokens of the workspaces that yours opens, without their texts')
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
    .argument('<token>', 'its ID, from `fanfold tokens list`')
    .action(async (tokenId) => {
      const { repeat } = session.service();
      const { body } = await repeat(revokeToken, { params: { tokenId } });
      session.answer(body, () => `Token ${tokenId} (${body.token.label}) is revoked`);
    });
};
