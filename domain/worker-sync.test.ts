import { describe, expect, test } from 'vitest';
import { nothingDealt } from './dealing.ts';
import type { Experiment } from './experiment.ts';
import type { Operation } from './operation.ts';
import type { Worker } from './worker.ts';
import type { Presentation } from './worker-sync.ts';
import { admit, advance } from './worker-sync.ts';

const at = '2026-01-01T00:00:00.000Z';

const experiment: Experiment = {
  workspace: 'default',
  experiment: 'e',
  id: 'abc',
  requestedName: 'e',
  status: 'alive',
  mlSpec: { fileName: 's.py', sha256: '0' },
  epochCheckpoints: false,
  createdAt: at,
  lastOperation: 1,
  lastRunId: 1,
};

const operation: Operation = {
  workspace: 'default',
  experiment: 'e',
  operation: 1,
  request: { kind: 'download', dataHandleId: 'dh' },
  status: 'running',
  createdAt: at,
  executions: 1,
  additions: 0,
  addedWorkers: 0,
};

const planned: Worker = {
  workspace: 'default',
  experiment: 'e',
  operation: 1,
  worker: 1,
  status: 'planned',
  revision: 0,
  dealing: nothingDealt([1]),
  plannedTokenSha256: 'planned',
  tokenSha256s: [],
  lease: 0,
  sequence: 0,
  runtimeSeconds: 0,
  jobs: 1,
  leaseAtJobStart: 0,
};

const first: Presentation = { tokenSha256: 'planned', jobId: 'job', attempt: 1, sequence: 1 };

const advanced = (worker: Worker, presented: Presentation, tokenSha256?: string): Worker =>
  advance(worker, admit({ worker, experiment, operation }, presented), {
    presented,
    tokenSha256,
    dealing: worker.dealing,
    runtimeSeconds: 1.5,
    now: at,
  });

const working = advanced(planned, first, 'one');
const admitted = (presented: Presentation, worker = working) =>
  admit({ worker, experiment, operation }, presented);

describe('an attempt', () => {
  test('takes a lease with the planned token', () => {
    expect(working).toMatchObject({
      status: 'working',
      lease: 1,
      sequence: 1,
      tokenSha256s: ['one'],
    });
  });

  test('may repeat its first sync when the answer was lost, but not exchange the token again later', () => {
    expect(admitted(first)).toBe('repeat');
    const further = advanced(working, { ...first, tokenSha256: 'one', sequence: 2 });
    expect(() => admitted(first, further)).toThrow(/good for one exchange/);
  });

  test('goes on with its own token, one sync after the other', () => {
    expect(admitted({ ...first, tokenSha256: 'one', sequence: 2 })).toBe('next');
    expect(admitted({ ...first, tokenSha256: 'one', sequence: 1 })).toBe('repeat');
    expect(() => admitted({ ...first, tokenSha256: 'one', sequence: 4 })).toThrow(
      /does not follow/,
    );
  });

  test('is fenced once a newer one of its job has started', () => {
    const newer = advanced(working, { ...first, attempt: 2 }, 'two');
    expect(newer.lease).toBe(2);
    expect(() => admitted({ ...first, tokenSha256: 'one', sequence: 2 }, newer)).toThrow(
      /not the newest/,
    );
    expect(() => admitted(first, newer)).toThrow(/a newer attempt/);
  });

  test('cannot use another attempt’s token', () => {
    const stolen = { ...first, tokenSha256: 'one', jobId: 'other', sequence: 2 };
    expect(() => admitted(stolen)).toThrow(/belongs to another attempt/);
  });

  test('may use the token before the newest, since the answer that brought the newest may be lost', () => {
    const rotated = advanced(working, { ...first, tokenSha256: 'one', sequence: 2 }, 'two');
    expect(admitted({ ...first, tokenSha256: 'one', sequence: 2 }, rotated)).toBe('repeat');
    expect(admitted({ ...first, tokenSha256: 'two', sequence: 3 }, rotated)).toBe('next');
  });
});

test('nothing is taken from the workers of an ended experiment or of an operation that is over', () => {
  const ended: Experiment = { ...experiment, status: 'ended' };
  expect(() => admit({ worker: working, experiment: ended, operation }, first)).toThrow(
    /has ended/,
  );
  const over: Operation = { ...operation, status: 'completed' };
  expect(() => admit({ worker: working, experiment, operation: over }, first)).toThrow(/is over/);
});

describe('a worker', () => {
  const told = (dealing: Worker['dealing'], worker = working) =>
    advance(worker, 'next', {
      presented: { ...first, sequence: 2 },
      tokenSha256: undefined,
      dealing,
      runtimeSeconds: 2,
      now: '2026-01-01T00:01:00.000Z',
    });
  const atRungs = [{ bracket: 0, epoch: 1, runIds: [1] }];

  test('adds up what it told of training', () => {
    expect(told(working.dealing).runtimeSeconds).toBe(3.5);
  });

  test('is idle from the first sync on at which all its runs wait at rungs', () => {
    expect(told(working.dealing).idleSince).toBeUndefined();
    const idle = told({ ...nothingDealt([]), atRungs });
    expect(idle.idleSince).toBe('2026-01-01T00:01:00.000Z');
    expect(told(idle.dealing, { ...idle, idleSince: at }).idleSince).toBe(at);
    expect(told({ ...idle.dealing, held: [2] }, idle).idleSince).toBeUndefined();
    expect(told(nothingDealt([]), idle).idleSince).toBeUndefined();
  });
});
