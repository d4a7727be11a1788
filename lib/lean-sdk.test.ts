import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bundle } from './bundle.ts';

/* What a lean client still does, looked at in a bundle, as nowhere else is it lean. */

const sdk = (client: string) =>
  JSON.stringify(resolve(import.meta.dirname, '../node_modules/@aws-sdk', client));

const source = `
  import * as dynamodb from ${sdk('client-dynamodb/dist-es/index.js')};
  import * as s3 from ${sdk('client-s3/dist-es/index.js')};
  import { getSignedUrl } from ${sdk('s3-request-presigner/dist-es/index.js')};

  const request = (error) => ({ TableName: error, Key: { pk: { S: 'a' } } });
  export const failHandler = async (error) => {
    try {
      await new dynamodb.DynamoDBClient().send(new dynamodb.GetItemCommand(request(error)));
    } catch (thrown) {
      const known = thrown instanceof dynamodb.ConditionalCheckFailedException;
      return { known, name: thrown.name, message: thrown.message, status: thrown.$metadata.httpStatusCode };
    }
  };
  export const signHandler = () =>
    getSignedUrl(new s3.S3Client({ forcePathStyle: true }), new s3.PutObjectCommand({ Bucket: 'b', Key: 'k' }));
`;

const folder = mkdtempSync(join(tmpdir(), 'fanfold-lean-sdk-'));
let service: Server;

const handlerOf = async (useCase: string) =>
  (await import(pathToFileURL(join(folder, 'bundles', useCase, 'index.mjs')).href)).handler;

beforeAll(async () => {
  const sources = join(folder, 'lambdas');
  mkdirSync(join(sources, 'http'), { recursive: true });
  writeFileSync(join(sources, 'http/handlers.ts'), source);
  const handlers = ['fail', 'sign'].map((useCase) => ({ folder: 'http', useCase }));
  bundle(handlers, join(folder, 'bundles'), sources);
  service = createServer(async (request, response) => {
    const { TableName } = JSON.parse((await request.toArray()).join(''));
    response.writeHead(400).end(JSON.stringify({ __type: `a.b#${TableName}`, message: 'no' }));
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const address = service.address();
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${Object(address).port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
});

afterAll(() => {
  vi.unstubAllEnvs();
  service.close();
  rmSync(folder, { recursive: true });
});

test('an error that an adapter tells apart comes as itself', async () => {
  const fail = await handlerOf('fail');
  const name = 'ConditionalCheckFailedException';
  expect(await fail(name)).toEqual({ known: true, name, message: 'no', status: 400 });
});

test('any other error keeps its name, message and status', async () => {
  const fail = await handlerOf('fail');
  const name = 'ResourceNotFoundException';
  expect(await fail(name)).toEqual({ known: false, name, message: 'no', status: 400 });
});

test('a client signs with the credentials of the environment', async () => {
  const sign = await handlerOf('sign');
  const { pathname, searchParams } = new URL(await sign());
  expect(pathname).toBe('/b/k');
  expect(searchParams.get('X-Amz-Credential')).toMatch(
    /^key\/\d+\/eu-central-1\/s3\/aws4_request$/,
  );
  expect(searchParams.get('X-Amz-Security-Token')).toBe('session');
});
