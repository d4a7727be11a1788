import { expect, test } from 'vitest';
import type { RunKey } from '../../domain/run.ts';
import type { Tracker } from '../../domain/tracker.ts';
import { mirrorRuns } from './mirror-runs.ts';
import type { MirrorPorts } from './ports.ts';

/* A server that is away for half a day cannot be had; all else is tested with a real one. */

const key: RunKey = { workspace: 'default', experiment: 'digits', runId: 1 };

const away = async (): Promise<never> => {
  throw new Error('nobody answers');
};

const tracker: Tracker = {
  find: away,
  findByIdentity: away,
  create: away,
  tell: away,
  addEpochs: away,
  setStatus: away,
  delete: away,
};

/** It is noon. */
const portsOf = (touched: RunKey[]): MirrorPorts => ({
  experiments: { find: away },
  operations: { find: away },
  runs: {
    find: away,
    noteMlflowRun: away,
    touch: async (run) => {
      touched.push(run);
    },
  },
  results: { listAfter: away },
  tracker,
  clock: { now: () => '2026-01-02T12:00:00.000Z' },
});

test.each([
  ['2026-01-02T00:00:00.000Z', [key]],
  ['2026-01-01T13:00:00.000Z', [key]],
])('a change that waits since %s is made a new one', async (since, expected) => {
  const touched: RunKey[] = [];
  await mirrorRuns({ runs: [key], since }, portsOf(touched));
  expect(touched).toEqual(expected);
});

test('a younger change is tried again as it is', async () => {
  const touched: RunKey[] = [];
  const since = '2026-01-02T00:00:00.001Z';
  await expect(mirrorRuns({ runs: [key], since }, portsOf(touched))).rejects.toThrow('nobody');
  expect(touched).toEqual([]);
});
