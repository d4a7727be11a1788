import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { stopRun } from '../../../contract/control-routes.ts';
import { createExperiment, listExperiments } from '../../../contract/experiment-routes.ts';
import type { Service } from './service.ts';
import { openService } from './service.ts';
import { keyOr } from './session.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A service that answers each call with the next of these, the last again and again. */
const serving = async (
  ...answers: readonly Answer[]
): Promise<{ readonly service: Service; readonly asked: IncomingMessage[] }> => {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.push(request), answers.length) - 1];
    request.resume().on('end', () => answer?.(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const connection = { url, token: 't', workspace: 'w', source: 'test' };
  return { service: openService(connection, new AbortController().signal), asked };
};

const says =
  (status: number, body: unknown, type = 'application/json'): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
  };
const lost: Answer = (request) => void request.socket.destroy();
const noExperiments = says(200, { items: [] });
const refusal = says(409, {
  type: 'https://fanfold.dev/problems/no-active-fit',
  title: 'No fit is active',
  status: 409,
  detail: 'start one',
});

const list = ({ call }: Service) => call(listExperiments, { params: { workspace: 'w' } });
const stop = ({ call }: Service, key?: string) =>
  call(stopRun, { params: { workspace: 'w', experiment: 'e', runId: '1' }, ...keyOr(key) });
const create = ({ call }: Service) =>
  call(createExperiment, {
    params: { workspace: 'w' },
    body: { name: 'e', mlSpec: { fileName: 's.py', source: 'x' } },
  });

test('reading is tried again when the answer is lost or the service is busy', async () => {
  const { service, asked } = await serving(lost, says(503, {}), noExperiments);
  expect((await list(service)).body.items).toEqual([]);
  expect(asked).toHaveLength(3);
});

test('a call with a key is tried again with the same key', async () => {
  const { service, asked } = await serving(lost, lost, refusal);
  await expect(stop(service)).rejects.toMatchObject({ name: 'no-active-fit' });
  const keys = asked.map(({ headers }) => headers['idempotency-key']);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set(keys).size).toBe(1);
  expect(keys).toHaveLength(3);
});

test('each call has a key of its own, unless the user gave one', async () => {
  const { service, asked } = await serving(refusal);
  for (const key of [undefined, undefined, 'mine']) await stop(service, key).catch(() => undefined);
  const [first, second, third] = asked.map(({ headers }) => headers['idempotency-key']);
  expect(first).not.toBe(second);
  expect(third).toBe('mine');
});

test('a call that met the limit of calls is made again, whatever it is', async () => {
  const { service, asked } = await serving(says(429, {}), refusal);
  await expect(create(service)).rejects.toMatchObject({ name: 'no-active-fit' });
  expect(asked).toHaveLength(2);
});

test('a call without a key is not made twice', async () => {
  const { service, asked } = await serving(lost);
  await expect(create(service)).rejects.toThrow('does not answer');
  expect(asked).toHaveLength(1);
});

test('what no Fanfold service says is told as such', async () => {
  const { service } = await serving(says(200, '<html>', 'text/html'));
  await expect(list(service)).rejects.toThrow('not as a Fanfold service does; check FANFOLD_URL');
});

test('a service that is not there is told with the remedy', async () => {
  const { service } = await serving(noExperiments);
  for (const close of closing.splice(0)) close();
  await expect(list(service)).rejects.toThrow(/does not answer .*npm run up/);
});
