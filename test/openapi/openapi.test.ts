import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import openApi from '../../contract/openapi.json' with { type: 'json' };
import { gatewayMessage } from '../../contract/problem-document.ts';
import { routes } from '../../contract/routes.ts';
import { type Scene, startScene } from './scene.ts';

/* Some two thousand calls take their time where others work too. */
vi.setConfig({ testTimeout: 480_000, hookTimeout: 300_000 });

const here = import.meta.dirname;
let scene: Scene;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fanfold-openapi-'));
  scene = await startScene();
});
afterAll(async () => {
  await scene.stop();
  rmSync(folder, { recursive: true });
});

describe('whatever is asked,', () => {
  test('the answer is one that the served document describes, and what it does not allow is refused', async () => {
    const { output, report } = await schemathesis();
    expect(report.failures, output).toEqual([]);
    expect(report.errors, output).toEqual([]);
    expect(report.operations.tested).toBe(routes.length);
    expect(report.test_cases.generated).toBeGreaterThan(1500);
    expect(neverGranted(report), output).toEqual([]);
  });
});

interface Report {
  readonly failures: readonly unknown[];
  readonly errors: readonly unknown[];
  readonly operations: { readonly tested: number };
  readonly test_cases: { readonly generated: number };
  /** By route and phase: how calls that the document allows were answered. */
  readonly valid_rates: Readonly<
    Record<string, Readonly<Record<string, { readonly accepted: number }>>>
  >;
}

const schemathesis = async (): Promise<{ readonly output: string; readonly report: Report }> => {
  const { stack, known, workerToken } = scene;
  const file = join(folder, 'report.json');
  const words = [
    ...['--config-file', join(here, 'schemathesis.toml')],
    ...['run', `${stack.url}/v1/openapi.json`, '--url', stack.url],
    // Named, or the document's own route is left out.
    ...['--include-path-regex', '/v1/'],
    ...['--report', 'json', '--report-json-path', file],
  ];
  const env = {
    ...process.env,
    PYTHONPATH: here,
    PYTHONDONTWRITEBYTECODE: '1',
    SCHEMATHESIS_HOOKS: 'known_values',
    FANFOLD_TOKEN: stack.token,
    FANFOLD_WORKER_TOKEN: workerToken,
    FANFOLD_KNOWN_VALUES: JSON.stringify(known),
  };
  const program = join(process.cwd(), '.venv/bin/schemathesis');
  const options = { env, cwd: folder, maxBuffer: 2 ** 26 };
  const output = await promisify(execFile)(program, words, options).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }) => `${stdout}${stderr}`,
  );
  return { output, report: JSON.parse(readFileSync(file, 'utf8')) };
};

/** Routes of which not one call got beyond a refusal: there the document's answers were not looked at. */
const neverGranted = ({ valid_rates }: Report): readonly string[] =>
  Object.entries(valid_rates)
    .filter(([, phases]) => Object.values(phases).every(({ accepted }) => accepted === 0))
    .map(([route]) => route);

describe('more than the table has room for', () => {
  const experiment = '/v1/workspaces/default/experiments/uses';
  const long = 'x'.repeat(500_000);
  const objects = { train: 's3://bucket/rows.csv', objects: 's3://bucket/pictures/' };

  test.each([
    ['a data handle’s ID', '/fits', { dataHandleId: long, mlConfig: {} }],
    ['a bucket of artifacts', '/end', { artifactsBucket: `s3://bucket/${long}` }],
    ['a column', '/data-handles', { locators: objects, downloadColumns: [long] }],
    ['columns', '/data-handles', { locators: objects, downloadColumns: [...long] }],
  ])('is refused: %s', async (_, path, body) => {
    const answer = await ask('POST', `${experiment}${path}`, JSON.stringify(body));
    expect(await answer.json()).toMatchObject({ title: 'The request is not valid' });
  });

  test.each([
    ['a data handle’s ID', `${experiment}/data-handles/${long.slice(0, 5000)}`],
    [
      'a cursor',
      `/v1/workspaces/default/experiments?cursor=${Buffer.from(long.slice(0, 3000)).toString('base64url')}`,
    ],
  ])('is refused: %s in a URL', async (_, path) => {
    expect((await ask('GET', path)).status).toBe(400);
  });
});

const ask = async (method: string, path: string, body?: string): Promise<Response> => {
  const { url, token } = scene.stack;
  const headers = { authorization: `Bearer ${token}` };
  return fetch(`${url}${path}`, { method, headers, ...(body !== undefined && { body }) });
};

describe('the gateway’s own answer to', () => {
  const described = openApi.paths['/v1/workspaces/{workspace}/experiments'].post.responses;

  test.each([
    ['an unknown route', 404, 'GET', '/v1/nowhere', undefined],
    ['a method that a route does not have', 404, 'DELETE', '/v1/health', undefined],
    ['a call without a token', 401, 'GET', '/v1/workspaces/default/experiments', undefined],
    ['a token of nobody’s', 403, 'GET', '/v1/workspaces/default/experiments', 'Bearer nobody'],
  ] as const)('%s is described', async (_, status, method, path, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await fetch(`${scene.stack.url}${path}`, { method, headers });
    expect(answer.status).toBe(status);
    const type = answer.headers.get('content-type') ?? '';
    expect(described[status].content).toHaveProperty([type]);
    expect(gatewayMessage.parse(await answer.json()).message).not.toBe('');
  });
});
