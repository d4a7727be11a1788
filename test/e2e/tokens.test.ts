import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { generateKeyPair, type JWTPayload, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createToken,
  exportAudit,
  listAudit,
  listTokens,
  revokeToken,
} from '../../contract/access-routes.ts';
import { allOf, client } from '../../contract/client.ts';
import { stopRun } from '../../contract/control-routes.ts';
import { createExperiment, listExperiments } from '../../contract/experiment-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { type Issuer, startIssuer } from './oidc-issuer.ts';
import { freshStack, giveToken, removeStack, specSource, workspace } from './scene.ts';

const audience = 'fanfold-of-a-test';

let issuer: Issuer;
let stack: RunningStack;

beforeAll(async () => {
  issuer = await startIssuer(audience);
  const context = { oidcIssuer: issuer.url, oidcAudience: audience };
  stack = await freshStack({ context });
});
afterAll(async () => {
  await removeStack(stack);
  await issuer.stop();
});

const as = (token: string) => client({ url: stack.url, token });
const admin = () => as(stack.token);
const experimentsIn = (name: string) => ({ params: { workspace: name } });
const created = (name: string) => ({
  ...experimentsIn(workspace),
  body: { name, mlSpec: { fileName: 'line.py', source: specSource } },
});

describe('tokens', () => {
  test('are listed without their texts, and revoked once', async () => {
    const asked = { label: 'Ada’s notebook', role: 'operator', workspaces: ['vision'] } as const;
    const { token, text } = (
      await admin().call(createToken, { body: { ...asked, workspaces: ['vision'] } })
    ).body;
    expect(token).toMatchObject({ ...asked, createdBy: 'embedded', callsPerMinute: 1200 });
    const days = (Date.parse(token.expiresAt) - Date.parse(token.createdAt)) / 86_400_000;
    expect(days).toBe(90);
    const listed = (await admin().call(listTokens)).body;
    expect(listed.items).toContainEqual(token);
    expect(JSON.stringify(listed)).not.toContain(text.slice(-43));

    const revoke = () => admin().call(revokeToken, { params: { tokenId: token.tokenId } });
    const { revokedAt } = (await revoke()).body.token;
    expect(revokedAt).toBeDefined();
    expect((await revoke()).body.token.revokedAt).toBe(revokedAt);
  });

  test('are given, seen and revoked only for workspaces that their giver’s opens', async () => {
    const { text } = await giveToken(stack, { role: 'admin', workspaces: ['vision'] });
    const theirs = await giveToken(stack, { workspaces: ['text', 'vision'] });
    const wide = { label: 'wide', role: 'reader', workspaces: ['vision', 'text', '*'] } as const;
    await expect(
      as(text).call(createToken, { body: { ...wide, workspaces: [...wide.workspaces] } }),
    ).rejects.toMatchObject({
      name: 'forbidden',
      problem: { errors: [{ pointer: '/workspaces/1' }, { pointer: '/workspaces/2' }] },
    });
    const seen = (await as(text).call(listTokens)).body.items;
    expect(new Set(seen.flatMap(({ workspaces }) => workspaces))).toEqual(new Set(['vision']));
    const revoke = as(text).call(revokeToken, { params: { tokenId: theirs.tokenId } });
    await expect(revoke).rejects.toMatchObject({ name: 'token-not-found' });
    expect((await as(theirs.text).call(listExperiments, experimentsIn('text'))).status).toBe(200);
  });

  test.each([
    { role: 'owner' },
    { workspaces: [] },
    { workspaces: ['Vision!'] },
    { label: '' },
    { expiresInDays: 0 },
    { callsPerMinute: 0 },
    { colour: 'red' },
  ])('are refused as they are not: %j', async (wrong) => {
    const body = { label: 'a', role: 'reader', workspaces: ['vision'], ...wrong };
    const call = admin().call(createToken, { body: body as never });
    await expect(call).rejects.toMatchObject({ name: 'invalid-request' });
  });

  test('are also made by whom IAM lets invoke the function', async () => {
    const lambda = new LambdaClient(stack.aws);
    const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
    const FunctionName = Functions.map((one) => one.FunctionName).find((name) =>
      name?.includes('IssueToken'),
    );
    const issue = async (asked: object) => {
      const Payload = JSON.stringify(asked);
      return lambda.send(new InvokeCommand({ FunctionName, Payload }));
    };
    const answer = await issue({ label: 'ops', role: 'admin', workspaces: ['*'] });
    const { text } = JSON.parse(Buffer.from(answer.Payload ?? []).toString());
    expect((await as(text).call(listTokens)).status).toBe(200);
    expect((await issue({ label: 'ops', role: 'king' })).FunctionError).toBeDefined();
  });

  test('make so many calls a minute, and are then told to wait', async () => {
    const { text } = await giveToken(stack, { role: 'reader', callsPerMinute: 5 });
    const look = () => as(text).call(listExperiments, experimentsIn(workspace));
    // A minute that begins between the calls gives five more.
    const calls = await Promise.allSettled(Array.from({ length: 11 }, look));
    const refused = calls.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ name: 'too-many-requests', problem: { status: 429 } });
    expect(refused[0].message).toContain('5 calls a minute');
    expect((await admin().call(listExperiments, experimentsIn(workspace))).status).toBe(200);
  });
});

describe('the audit', () => {
  const entries = (more: object = {}) =>
    allOf((cursor) =>
      admin().call(listAudit, { query: { workspace, ...more, limit: '2', cursor } }),
    );

  test('tells who did what when, and what was refused, and not who only looked', async () => {
    const ada = await giveToken(stack, { role: 'operator' });
    const rob = await giveToken(stack, { role: 'reader' });
    const from = new Date().toISOString();
    await as(ada.text).call(createExperiment, created('audited'));
    await as(ada.text).call(listExperiments, experimentsIn(workspace));
    const params = { workspace, experiment: 'audited', runId: '1' };
    await expect(as(ada.text).call(stopRun, { params })).rejects.toThrow();
    await expect(as(rob.text).call(stopRun, { params })).rejects.toThrow();
    const elsewhere = as(rob.text).call(listExperiments, experimentsIn('elsewhere'));
    await expect(elsewhere).rejects.toThrow();

    const path = `/v1/workspaces/${workspace}/experiments`;
    const by = { tokenId: ada.tokenId, by: 'a test’s operator' };
    const stopping = { op: 'stopRun', target: `${path}/audited/runs/1/stop` };
    const kept = await entries({ from });
    expect(kept).toMatchObject([
      { ...by, op: 'createExperiment', target: path, status: 201, made: 'experiment audited' },
      { ...by, ...stopping, status: 404, problem: 'run-not-found' },
      { tokenId: rob.tokenId, ...stopping, status: 403, problem: 'forbidden' },
    ]);
    expect(kept.map(({ at }) => at).every((at) => at >= from)).toBe(true);
    const theirs = await entries({ from, workspace: 'elsewhere' });
    expect(theirs).toMatchObject([{ tokenId: rob.tokenId, op: 'listExperiments', status: 403 }]);
    const earlier = await entries({ to: from });
    expect(earlier.filter(({ tokenId }) => tokenId === ada.tokenId)).toEqual([]);
  });

  test('tells of tokens where their makers may look', async () => {
    const first = await giveToken(stack, { role: 'admin', workspaces: ['vision'] });
    const above = await entries({ workspace: '*' });
    const made = `token ${first.tokenId} of a test’s admin`;
    expect(above.at(-1)).toMatchObject({ op: 'createToken', by: 'embedded', made });

    const second = await giveToken({ ...stack, token: first.text }, { workspaces: ['vision'] });
    const own = (await as(first.text).call(listAudit)).body.items;
    expect(own.at(-1)).toMatchObject({ op: 'createToken', tokenId: first.tokenId });
    expect(own.at(-1)?.made).toContain(second.tokenId);
    const foreign = as(first.text).call(listAudit, { query: { workspace: '*' } });
    await expect(foreign).rejects.toMatchObject({ name: 'forbidden' });
  });

  test('is written as a file', async () => {
    await admin().call(createExperiment, created('exported'));
    const body = { workspace, format: 'csv' } as const;
    const file = (await admin().call(exportAudit, { body })).body;
    expect(file.fileName).toBe(`${workspace}-audit.csv`);
    const lines = (await (await fetch(file.url)).text()).trim().split('\n');
    expect(lines[0]?.trim()).toBe('at,by,token_id,op,target,made,status,problem,request_id');
    expect(lines).toHaveLength(file.rows + 1);
    expect(lines.join('\n')).toContain('experiment exported');
  });
});

describe('a JWT of the deployment’s issuer', () => {
  const grant = { sub: 'u-1', fanfold_role: 'operator', fanfold_workspaces: [workspace] };
  const look = (token: string, name = workspace) =>
    as(token).call(listExperiments, experimentsIn(name));

  test('opens what its claims say, under its bearer’s name', async () => {
    const token = await issuer.sign({ ...grant, email: 'ada@example.com' });
    expect((await look(token)).status).toBe(200);
    await expect(look(token, 'elsewhere')).rejects.toMatchObject({
      name: 'forbidden',
      problem: { detail: expect.stringContaining('opens workspace default, not') },
    });
    await as(token).call(createExperiment, created('theirs'));
    const { items } = (await admin().call(listAudit, { query: { workspace } })).body;
    const own = items.filter(({ tokenId }) => tokenId === 'jwt:u-1');
    expect(own.at(-1)).toMatchObject({ by: 'ada@example.com', op: 'createExperiment' });
    const spaced = await issuer.sign({ ...grant, fanfold_workspaces: `one ${workspace}` });
    expect((await look(spaced)).status).toBe(200);
  });

  const past = Math.floor(Date.now() / 1000) - 60;
  test.each<[string, JWTPayload]>([
    ['that has expired', { ...grant, exp: past }],
    ['that never expires', { ...grant, exp: undefined as never }],
    ['for another audience', { ...grant, aud: 'somebody else' }],
    ['of another issuer', { ...grant, iss: 'https://issuer.example' }],
    ['without a role', { ...grant, fanfold_role: undefined }],
    ['of a role that is none', { ...grant, fanfold_role: 'king' }],
    ['without a workspace', { ...grant, fanfold_workspaces: [] }],
    ['of a workspace that is none', { ...grant, fanfold_workspaces: ['a b'] }],
  ])('%s opens nothing', async (_, claims) => {
    await expect(look(await issuer.sign(claims))).rejects.toMatchObject({ name: 'unauthorized' });
  });

  test('that another signed, or nobody, opens nothing', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await issuer.sign(grant, privateKey);
    await expect(look(forged)).rejects.toMatchObject({ name: 'unauthorized' });
    const unsigned = new UnsecuredJWT({ ...grant, iss: issuer.url, aud: audience })
      .setExpirationTime('10 minutes')
      .encode();
    await expect(look(unsigned)).rejects.toMatchObject({ name: 'unauthorized' });
  });
});
