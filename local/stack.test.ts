import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isRunning } from './process-identity.ts';
import { startStack, stopStack } from './stack.ts';
import { readStackFile } from './stack-file.ts';
import { startOwner } from './testing/start-owner.ts';

const trials = mkdtempSync(join(tmpdir(), 'fanfold-stack-'));
const assembly = join(trials, 'assembly');

beforeAll(() => {
  writeAssembly('{"statusCode":200,"body":"well"}');
});
afterAll(() => {
  rmSync(trials, { recursive: true, force: true });
});

describe('a stack', () => {
  it('is found again, with its data, address and token, after a stop and after a kill', async () => {
    const folder = join(trials, 'again');
    const first = await startStack({ folder, assembly });
    const item = { pk: { S: 'a' }, sk: { S: 'b' } };
    const keep = new PutItemCommand({ TableName: first.table, Item: item });
    await new DynamoDBClient(first.aws).send(keep);
    await first.stop();
    const second = await startStack({ folder, assembly });
    expect(second).toMatchObject({ url: first.url, token: first.token });
    await second.kill();
    const third = await startStack({ folder, assembly });
    const look = new GetItemCommand({ TableName: third.table, Key: item });
    expect((await new DynamoDBClient(third.aws).send(look)).Item).toEqual(item);
    expect(await (await fetch(`${third.url}/v1/health`)).text()).toBe('well');
    await third.stop();
    expect(await stopStack(folder)).toBe(false);
  });

  it('is taken over when it runs already, and deploys what has changed', async () => {
    const folder = join(trials, 'changed');
    const first = await startStack({ folder, assembly });
    const before = readStackFile(folder);
    writeAssembly('{"statusCode":200,"body":"better"}');
    const second = await startStack({ folder, assembly });
    expect(readStackFile(folder)?.process).toEqual(before?.process);
    expect(await (await fetch(`${second.url}/v1/health`)).text()).toBe('better');
    await first.stop();
  });

  it('tells its token to its owner only', async () => {
    const folder = join(trials, 'secret');
    const stack = await startStack({ folder, assembly });
    expect(statSync(join(folder, 'stack.json')).mode & 0o777).toBe(0o600);
    await stack.stop();
  });

  it('does not disturb another one', async () => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map((name) => startStack({ folder: join(trials, name), assembly })),
    );
    expect(one?.endpoint).not.toBe(other?.endpoint);
    await one?.stop();
    expect((await fetch(`${other?.url}/v1/health`)).ok).toBe(true);
    await other?.stop();
  });

  it('ends with the process that started it, even when that is killed', async () => {
    const folder = join(trials, 'owned');
    const code = `import { startStack } from '${join(import.meta.dirname, 'stack.ts')}';
      await startStack(${JSON.stringify({ folder, assembly })}); setInterval(() => {}, 1000);`;
    const owner = startOwner(code);
    const emulator = await vi.waitUntil(() => readStackFile(folder)?.process, { timeout: 60_000 });
    owner.kill('SIGKILL');
    await vi.waitUntil(() => !isRunning(emulator), { timeout: 60_000 });
  });

  it('says which resource could not be deployed, and leaves nothing running', async () => {
    const folder = join(trials, 'bad');
    const bad = join(trials, 'bad-assembly');
    cpSync(assembly, bad, { recursive: true });
    const template = JSON.parse(readFileSync(join(bad, 'trial.template.json'), 'utf8'));
    const Properties = { Type: 'SecureString', Value: 'CloudFormation cannot make these' };
    template.Resources.Secret = { Type: 'AWS::SSM::Parameter', Properties };
    writeFileSync(join(bad, 'trial.template.json'), JSON.stringify(template));
    await expect(startStack({ folder, assembly: bad })).rejects.toThrow(
      /trial was not deployed.*\n.*Secret \(AWS::SSM::Parameter\): .*SecureString/,
    );
    expect(readStackFile(folder)).toBeUndefined();
  });
});

/** The stack of the Python tests with a health route, as the CDK would lay it out. */
const writeAssembly = (answer: string): void => {
  const key = `${Buffer.from(answer).toString('hex')}.zip`;
  const template = JSON.parse(
    readFileSync(join(import.meta.dirname, 'tests', 'stack.json'), 'utf8'),
  );
  template.Parameters = {};
  template.Resources.OpenRoute.Properties.RouteKey = 'GET /v1/health';
  template.Resources.SlowRoute.Properties.RouteKey = 'GET /v1/tokens';
  for (const resource of Object.values<{ Type: string; Properties: Record<string, unknown> }>(
    template.Resources,
  ))
    if (resource.Type === 'AWS::Lambda::Function')
      resource.Properties['Code'] = { S3Bucket: 'assets', S3Key: key };
  template.Outputs.TableName = template.Outputs.Table;
  template.Outputs.BucketName = template.Outputs.Bucket;
  template.Outputs.IssueTokenFunction = template.Outputs.Keep;
  mkdirSync(join(assembly, 'code'), { recursive: true });
  const handlers = `const answer = async () => (${answer});
    export const keep = async () => ({ text: crypto.randomUUID() });`;
  const names = ['authorize', 'http', 'slow', 'fail', 'scan'];
  const exported = names.map((name) => `answer as ${name}`).join(', ');
  writeFileSync(join(assembly, 'code', 'index.mjs'), `${handlers}\nexport { ${exported} };\n`);
  const write = (name: string, content: unknown) =>
    writeFileSync(join(assembly, name), JSON.stringify(content));
  const properties = { templateFile: 'trial.template.json' };
  write('manifest.json', {
    artifacts: { trial: { type: 'aws:cloudformation:stack', properties } },
  });
  write('trial.template.json', template);
  const destinations = { here: { bucketName: 'assets', objectKey: key } };
  write('trial.assets.json', {
    files: { code: { source: { path: 'code', packaging: 'zip' }, destinations } },
  });
};
