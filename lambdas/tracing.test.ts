import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, get } from 'node:http';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tracing } from './tracing.ts';

let daemon: Socket;
let service: Server;
let told: Record<string, unknown>[] = [];

beforeEach(async () => {
  told = [];
  daemon = createSocket('udp4').bind(0, '127.0.0.1');
  daemon.on('message', (datagram) => told.push(JSON.parse(String(datagram).split('\n')[1] ?? '')));
  service = createServer((request, response) => {
    response.writeHead(request.url === '/busy?secret=1' ? 429 : 200).end();
  }).listen(0, '127.0.0.1');
  await Promise.all([once(daemon, 'listening'), once(service, 'listening')]);
  vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'fanfold');
  vi.stubEnv('_HANDLER', 'index.handler');
});

afterEach(() => {
  vi.unstubAllEnvs();
  daemon.close();
  service.close();
});

const handle = (work: () => Promise<void>) => {
  const handler = middy(work).use(tracing(`127.0.0.1:${daemon.address().port}`));
  return (sampled = '1') => {
    vi.stubEnv('_X_AMZN_TRACE_ID', `Root=1-5759e988-bd8;Parent=53995c3f42cd;Sampled=${sampled}`);
    return handler({}, {} as Context);
  };
};

const call = async (path: string): Promise<void> => {
  const address = service.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const request = get({
    port: address.port,
    path,
    headers: { 'x-amz-target': 'Table_2012.GetItem' },
  });
  const [response] = await once(request, 'response');
  await once(response.resume(), 'end');
};

const toldTimes = (times: number) => vi.waitFor(() => expect(told).toHaveLength(times));

test('X-Ray is told of the handler, and only its first event is a cold start', async () => {
  const invoke = handle(async () => {});
  await invoke();
  await invoke();
  await toldTimes(2);
  const handler = {
    name: '## index.handler',
    trace_id: '1-5759e988-bd8',
    parent_id: '53995c3f42cd',
  };
  expect(told).toMatchObject([
    { ...handler, annotations: { ColdStart: true, Service: 'fanfold' } },
    { ...handler, annotations: { ColdStart: false, Service: 'fanfold' } },
  ]);
});

test('a call in a handler is told below it, without its query', async () => {
  await handle(() => call('/busy?secret=1'))();
  await toldTimes(2);
  const [inner, handler] = told;
  expect(inner).toMatchObject({
    parent_id: handler?.['id'],
    namespace: 'remote',
    aws: { operation: 'GetItem' },
    http: { request: { method: 'GET', url: 'http://localhost/busy' }, response: { status: 429 } },
    throttle: true,
  });
});

test('what a handler throws is told and thrown on', async () => {
  const invoke = handle(() => Promise.reject(new TypeError('no such run')));
  await expect(invoke()).rejects.toThrow('no such run');
  await toldTimes(1);
  expect(told).toMatchObject([
    { fault: true, cause: { exceptions: [{ type: 'TypeError', message: 'no such run' }] } },
  ]);
});

test('a call that gets no answer is told as a fault', async () => {
  const gone = async () => {
    await once(get({ host: '127.0.0.1', port: 1 }), 'error');
  };
  await handle(gone)();
  await toldTimes(2);
  expect(told[0]).toMatchObject({ fault: true, cause: { exceptions: [{ type: 'Error' }] } });
});

test('an event that X-Ray does not sample is not told', async () => {
  const invoke = handle(() => call('/'));
  await invoke('0');
  await invoke('1');
  await toldTimes(2);
});

test('without a daemon nothing is traced', () => {
  expect(tracing('')).toEqual([]);
});
