import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ProblemType, problemName, problemTypes } from '../../contract/problem.ts';
import { routes } from '../../contract/routes.ts';
import { experiment } from './inference-scene.ts';
import { someRows, spoiltRun, startProblems, usedKey } from './problems-scene.ts';
import type { Asked, Refused } from './refused-schedules.ts';
import { refusedSchedules } from './refused-schedules.ts';
import { config, specSource } from './scene.ts';

/* Its scene has seven jobs, which take their time where others work too. */
vi.setConfig({ hookTimeout: 300_000 });

let scene: Awaited<ReturnType<typeof startProblems>>;

beforeAll(async () => {
  scene = await startProblems();
});
afterAll(() => scene.stop());

const inWorkspace = (workspace: string, path = ''): string =>
  `/v1/workspaces/${workspace}/experiments/${experiment}${path}`;
const own = (path = ''): string => inWorkspace('default', path);
const post = (path: string, body: unknown, more: Partial<Asked> = {}): Asked => ({
  ...{ method: 'POST', path, body },
  ...more,
});

const made = (more: object) =>
  post('/v1/workspaces/plain/experiments', {
    ...{ name: experiment, mlSpec: { fileName: 'line.py', source: specSource } },
    ...more,
  });
const tested = (more: object) => post(own('/tests'), { dataHandleId: scene.dataHandleId, ...more });
const fitted = (dataHandleId: string, mlConfig: unknown = config()) =>
  post(own('/fits'), { dataHandleId, mlConfig });
const byTag = { modelTag: 's3://bucket/best.pt', config: {} };
const synced = (token: string): Asked =>
  post(
    '/v1/worker/sync',
    {
      ...{ jobId: 'a-job', attempt: 1, sequence: 2, needsCredentials: false },
      ...{ room: 0, runs: [], logs: [] },
    },
    { token },
  );

/** Problems that no call can be made to meet here, and why. */
const unprovoked = {
  'data-changed': 'told of operations: data.test.ts, data_client.py',
  'data-too-large': 'told of operations, once a disk is full: test_data_errors.py of the engine',
  'invalid-data': 'told of operations: data.test.ts, data_client.py',
  'too-many-requests': 'takes the calls of a minute: tokens.test.ts, test_errors.py of the client',
  'too-large': 'the embedded gateway takes bodies of any size; test_errors.py of the client',
} as const satisfies Partial<Record<ProblemType, string>>;

type Provoked = Exclude<ProblemType, keyof typeof unprovoked>;

/** A call that meets each of the others. One whose problem has no case here does not compile. */
const cases: Readonly<Record<Provoked, () => Asked>> = {
  'code-changed': () => made({ mlSpec: { fileName: 'line.py', source: `${specSource}\n` } }),
  'data-handle-not-found': () => fitted('dh-none'),
  'data-handle-not-ready': () => fitted(scene.failedHandleId),
  'epoch-checkpoint-not-applicable': () => tested({ ...byTag, epochCheckpoint: 1 }),
  'epoch-checkpoints-disabled': () =>
    post(inWorkspace('plain', '/end'), {
      ...{ artifactsBucket: 's3://bucket', saveEpochCheckpoints: true },
    }),
  'experiment-ended': () => post(inWorkspace('ended', '/data-handles'), { locators: someRows }),
  'experiment-not-found': () => ({ path: `${own()}-none` }),
  forbidden: () => ({ path: own(), token: scene.foreignToken }),
  'idempotency-key-reused': () =>
    post(
      inWorkspace('keyed', '/data-handles'),
      { locators: someRows },
      { idempotencyKey: usedKey },
    ),
  'illegal-transition': () => post(inWorkspace('working', '/runs/1/resume'), {}),
  'invalid-config': () => fitted(scene.dataHandleId, { train: {} }),
  'invalid-ml-spec': () => made({ mlSpec: { fileName: 'line.py', source: 'x = 1' } }),
  'invalid-model-tag': () => tested({ ...byTag, modelTag: 'best.pt' }),
  'invalid-request': () => tested({ runId: 1, batchSize: 0 }),
  'no-active-fit': () => post(own('/runs/1/stop'), {}),
  'no-checkpoint': () => tested({ runId: 2 }),
  'no-predictions': () => ({ path: own('/operations/1/predictions') }),
  'operation-in-progress': () => post(inWorkspace('working', '/end'), {}),
  'operation-not-found': () => ({ path: own('/operations/9999') }),
  'partition-missing': () => post(own('/tests'), { dataHandleId: scene.trainHandleId, runId: 1 }),
  'pathway-ambiguous': () => tested({}),
  'run-not-found': () => ({ path: own('/runs/98') }),
  'schedule-not-found': () => ({ path: '/v1/workspaces/plain/schedules/none' }),
  'settings-changed': () => made({ epochCheckpoints: true }),
  'token-not-found': () => post('/v1/tokens/abcdefghij12/revoke', {}),
  unauthorized: () => synced(scene.stack.token),
  'worker-fenced': () => synced(scene.workerToken),
  'not-found': () => ({ path: '/v1/nowhere' }),
  'internal-error': () => ({ path: own(`/runs/${spoiltRun}`) }),
};

const provoked = Object.entries(cases);

/** The runs of the fit that goes on: the first trains, then one failed, one waits, one failed, one stopped before it began. */
const steered = (runId: number, op: string, body: unknown): (() => Asked) => {
  return () => post(inWorkspace('working', `/runs/${runId}/${op}`), body);
};
const changed = (changes: unknown): (() => Asked) => steered(1, 'clone', { changes });

/** What clones and extensions are refused for, by what was asked. */
const refusedOps: Readonly<Record<string, Refused>> = {
  'a warm clone of a new run': {
    problem: 'illegal-transition',
    asked: steered(3, 'clone', { warmStart: true }),
  },
  'a warm clone of a failed run': {
    problem: 'illegal-transition',
    asked: steered(2, 'clone', { warmStart: true }),
  },
  'an extension of a run that is not completed': {
    problem: 'illegal-transition',
    asked: steered(1, 'extend', { epochs: 1 }),
  },
  'a clone without a fit': {
    problem: 'no-active-fit',
    asked: () => post(own('/runs/1/clone'), {}),
  },
  'an extension without a fit': {
    problem: 'no-active-fit',
    asked: () => post(own('/runs/1/extend'), { epochs: 1 }),
  },
  'a clone of no run': { problem: 'run-not-found', asked: steered(98, 'clone', {}) },
  'an extension of no run': {
    problem: 'run-not-found',
    asked: steered(98, 'extend', { epochs: 1 }),
  },
  'a changed knob that no config takes': {
    problem: 'invalid-config',
    asked: changed({ train: { batch_size: 0 } }),
    pointer: '/changes/train/batch_size',
  },
  'a changed knob of the second of several clones': {
    problem: 'invalid-config',
    asked: changed([{}, { train: { epochs: 0 } }]),
    pointer: '/changes/1/train/epochs',
  },
  'clones that are to be halved': {
    problem: 'invalid-config',
    asked: changed({ $sha: { configGroup: config(), metric: 'val_loss', mode: 'min' } }),
    pointer: '/changes',
  },
  'more clones than one op makes': {
    problem: 'invalid-config',
    asked: changed({
      $grid: { user_knobs: { draw: { $list: Array.from({ length: 41 }, (_, i) => i) } } },
    }),
    pointer: '/changes',
  },
  'a warm clone of a run that has no weights': {
    problem: 'no-checkpoint',
    asked: steered(5, 'clone', { warmStart: true }),
    pointer: '/warmStart',
  },
  'a warm clone of an epoch where none are kept': {
    problem: 'epoch-checkpoints-disabled',
    asked: steered(1, 'clone', { warmStart: true, epoch: 1 }),
  },
  'a cold clone of an epoch': {
    problem: 'invalid-request',
    asked: steered(1, 'clone', { epoch: 1 }),
    pointer: '/epoch',
  },
  'an extension by nothing': {
    problem: 'invalid-request',
    asked: steered(1, 'extend', { epochs: 0 }),
    pointer: '/epochs',
  },
};

const refused = Object.entries({ ...refusedOps, ...refusedSchedules });

test('every problem there is has a case, or a reason why not', () => {
  const told = [...Object.keys(cases), ...Object.keys(unprovoked)];
  expect(told.toSorted()).toEqual(problemTypes.toSorted());
});

test('what a route says it may refuse with has a case', () => {
  const announced = new Set(routes.flatMap(({ problems }): readonly ProblemType[] => problems));
  expect([...announced].filter((name) => name in unprovoked)).toEqual([]);
});

describe('over HTTP', () => {
  test.each(provoked)('%s is met, in words that say what to do', async (name, asked) => {
    const { status, body } = await send(asked());
    expect(status).toBe(body.status ?? 404);
    expect(nameOf(body)).toBe(name);
    expect(body.detail ?? body.message).toMatch(/\w+ \w+/);
  });

  test.each(refused)('%s is refused', async (_, { problem, asked, pointer }) => {
    const { body } = await send(asked());
    expect(nameOf(body), body.detail).toBe(problem);
    if (pointer !== undefined) expect(body.errors?.map((one) => one.pointer)).toContain(pointer);
  });
});

interface Answer {
  readonly type?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly message?: string;
  readonly errors?: readonly { readonly pointer: string }[];
}

const send = async ({ method = 'GET', path, body, token, idempotencyKey }: Asked) => {
  const headers = {
    authorization: `Bearer ${token ?? scene.stack.token}`,
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  };
  const answer = await fetch(scene.stack.url + path, {
    ...{ method, headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Answer };
};

/** The gateway, which alone knows that there is no such route, gives no type. */
const nameOf = ({ type }: Answer): string => (type === undefined ? 'not-found' : problemName(type));

test('in Python each raises the exception of its name', () => {
  // The client has no schedules.
  const calls = [
    ...provoked,
    ...Object.entries(refusedOps).map(([name, { asked }]) => [name, asked] as const),
  ].map(([name, asked]) => ({ name, ...asked() }));
  const { url, token } = scene.stack;
  const script = join(import.meta.dirname, 'problems_client.py');
  const env = { ...process.env, FANFOLD_URL: url, FANFOLD_TOKEN: token };
  const input = JSON.stringify(calls);
  const { stdout, stderr, status } = spawnSync('.venv/bin/python', [script], {
    ...{ env, input, encoding: 'utf8' },
  });
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toEqual(
    Object.fromEntries(
      calls.map(({ name }) => [name, className(refusedOps[name]?.problem ?? name)]),
    ),
  );
});

const className = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
