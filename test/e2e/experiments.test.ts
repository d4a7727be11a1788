import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProblemError } from '../../contract/client.ts';
import {
  createExperiment,
  endExperiment,
  getExperiment,
  listExperiments,
} from '../../contract/experiment-routes.ts';
import { startFit } from '../../contract/fit-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import {
  config,
  freshStack,
  removeStack,
  runningJobs,
  specSource,
  syncAs,
  until,
  userOf,
  workspace,
} from './scene.ts';

let stack: RunningStack;
let user: ReturnType<typeof userOf>;

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
});
afterAll(() => removeStack(stack));

const end = async (experiment: string) =>
  (await user.call(endExperiment, { params: { workspace, experiment } })).body;

const show = async (experiment: string) =>
  (await user.call(getExperiment, { params: { workspace, experiment } })).body;

const alive = async (): Promise<readonly string[]> => {
  const query = { status: 'alive' } as const;
  const { body } = await user.call(listExperiments, { params: { workspace }, query });
  return body.items.map(({ name }) => name);
};

/** The values of the calls that were answered, and the names of the problems of those refused. */
const outcomes = async <T>(calls: readonly Promise<T>[]) => {
  const settled = await Promise.allSettled(calls);
  return {
    answers: settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    refusals: settled.flatMap((one) => {
      if (one.status === 'fulfilled') return [];
      if (one.reason instanceof ProblemError) return [one.reason.name];
      throw one.reason;
    }),
  };
};

describe('racing creators', () => {
  test('of one name get one experiment: one makes it, the others reconnect', async () => {
    const { answers, refusals } = await outcomes(
      Array.from({ length: 6 }, () => user.create('race')),
    );
    expect(refusals).toEqual([]);
    expect(answers.filter(({ reconnected }) => !reconnected)).toHaveLength(1);
    expect(new Set(answers.map(({ experiment }) => experiment.name))).toEqual(new Set(['race']));
    expect(await alive()).toEqual(['race']);
  });

  test('of one name with different code get one experiment, and the losers are told', async () => {
    const sources = Array.from({ length: 4 }, (_, i) => `${specSource}\n# ${i}\n`);
    const { answers, refusals } = await outcomes(
      sources.map((source) => user.create('codes', source)),
    );
    expect(answers).toHaveLength(1);
    expect(refusals).toEqual(['code-changed', 'code-changed', 'code-changed']);
  });

  test('of several names leave one alive and the others superseded, none lost', async () => {
    const names = ['one', 'two', 'three', 'four'];
    const { answers, refusals } = await outcomes(names.map((name) => user.create(name)));
    expect(refusals).toEqual([]);
    expect(answers.map(({ experiment }) => experiment.name)).toEqual(names);
    const survivors = await alive();
    expect(survivors).toHaveLength(1);
    for (const name of names.filter((one) => !survivors.includes(one)))
      expect(await show(name)).toMatchObject({ status: 'ended', endedBy: 'superseded' });
  });

  test('of a name that ended experiments hold each get the first free suffix', async () => {
    await user.create('used');
    await end('used');
    const { answers } = await outcomes(Array.from({ length: 4 }, () => user.create('used')));
    expect(new Set(answers.map(({ experiment }) => experiment.name))).toEqual(new Set(['used_1']));
    await end('used_1');
    expect((await user.create('used')).experiment.name).toBe('used_2');
  });
});

describe('racing fits', () => {
  test('train the configs of the one that was started; the others are refused', async () => {
    await user.create('fits');
    const handle = await user.download('fits');
    for (let round = 1; round <= 3; round++) {
      const rates = Array.from({ length: 6 }, (_, i) => round + i / 10);
      const { answers, refusals } = await outcomes(
        rates.map(async (lr) => {
          const optimizer = { name: 'SGD', args: { lr } };
          return {
            lr,
            ...(await user.start('fits', handle, config({}, { optimizer, epochs: 1 }))),
          };
        }),
      );
      expect(answers).toHaveLength(1);
      expect(refusals).toEqual(rates.slice(1).map(() => 'operation-in-progress'));
      const [started] = answers;
      await user.ended('fits', started?.operation ?? 0);
      const trained = (await user.runs('fits')).filter(
        (run) => run.operation === started?.operation,
      );
      expect(trained.map((run) => run.config)).toMatchObject([
        { train: { optimizer: { args: { lr: started?.lr } } } },
      ]);
    }
  });
});

describe('a name', () => {
  test('gets its suffix appended as it was given, and finds its alive experiment either way', async () => {
    await user.create('run_2024');
    await end('run_2024');
    expect((await user.create('run_2024')).experiment.name).toBe('run_2024_1');
    for (const name of ['run_2024', 'run_2024_1']) {
      const again = await user.create(name);
      expect(again).toMatchObject({ reconnected: true, experiment: { name: 'run_2024_1' } });
    }
  });

  test('of the greatest length can be used again, its suffix on top', async () => {
    const longest = 'n'.repeat(64);
    await user.create(longest);
    await end(longest);
    await user.create(longest);
    expect(await show(`${longest}_1`)).toMatchObject({ status: 'alive', requestedName: longest });
  });

  test.each(['', '-a', '.a', 'a b', 'ä', 'a/b', 'n'.repeat(65)])('%j is refused', async (name) => {
    await expect(user.create(name)).rejects.toMatchObject({ name: 'invalid-request' });
  });
});

describe('code that', () => {
  const refused = async (source: string) => {
    const before = await alive();
    const error = await user.create('bad-code', source).catch((problem: unknown) => problem);
    expect(await alive()).toEqual(before);
    return error;
  };

  test('does not parse is refused with its line and column, before anything is ended', async () => {
    const source = specSource.replace(
      'def create_model(self, cfg):',
      'def create_model(self, cfg)',
    );
    const line = source.slice(0, source.indexOf('def create_model')).split('\n').length;
    expect(await refused(source)).toMatchObject({
      name: 'invalid-ml-spec',
      message: expect.stringMatching(`^line.py:${line}:\\d+ does not parse: expected ':'`),
      problem: { errors: [{ pointer: '/mlSpec/source', line, column: expect.any(Number) }] },
    });
  });

  test('lacks the class, or methods of it, is told which', async () => {
    expect(await refused('x = 1')).toMatchObject({
      message: 'line.py:1:1 defines no class MLSpec',
    });
    const problem = await refused(specSource.replaceAll(/def (create_model|row_prep)/g, 'def _$1'));
    expect(problem).toMatchObject({
      problem: {
        errors: [
          { detail: 'class MLSpec lacks the method row_prep(self, row, object_dir, cfg, mode)' },
          { detail: 'class MLSpec lacks the method create_model(self, cfg)' },
        ],
      },
    });
  });

  test('has more than 1 MiB is refused', async () => {
    expect(await refused(`${specSource}#${'x'.repeat(2 ** 20)}`)).toMatchObject({
      name: 'invalid-ml-spec',
      message: expect.stringContaining('at most 1 MiB'),
    });
  });

  test('would do harm when run is only read', async () => {
    const created = await user.create('harmless', `${specSource}\nimport os\nos._exit(1)\n`);
    expect(created.reconnected).toBe(false);
  });
});

describe('reconnecting', () => {
  test('with changed code or settings is refused, naming both, and changes nothing', async () => {
    await user.create('same');
    await expect(user.create('same', `${specSource}\n`)).rejects.toMatchObject({
      name: 'code-changed',
      message: expect.stringMatching(/SHA-256 [0-9a-f]{64}, yours is [0-9a-f]{64}\); end\(\) it/),
    });
    const mlSpec = { fileName: 'line.py', source: specSource };
    const call = user.call(createExperiment, {
      params: { workspace },
      body: { name: 'same', mlSpec, epochCheckpoints: true },
    });
    await expect(call).rejects.toMatchObject({ name: 'settings-changed' });
    expect(await alive()).toEqual(['same']);
  });
});

test('an ended experiment starts nothing more, and says so when it is ended again', async () => {
  await user.create('over');
  const dataHandleId = await user.download('over');
  expect(await end('over')).toEqual({ ended: true });
  expect(await end('over')).toEqual({ ended: false });
  await expect(user.start('over', dataHandleId, config())).rejects.toMatchObject({
    name: 'experiment-ended',
  });
});

test('while an operation is active no other starts, and the experiment does not end', async () => {
  await user.create('busy');
  const dataHandleId = await user.download('busy');
  const { operation } = await user.start('busy', dataHandleId, endless);
  const body = { dataHandleId, mlConfig: config() };
  await expect(
    user.call(startFit, { params: { workspace, experiment: 'busy' }, body }),
  ).rejects.toMatchObject({
    name: 'operation-in-progress',
    message: expect.stringContaining(`operation ${operation}`),
  });
  await expect(end('busy')).rejects.toMatchObject({ name: 'operation-in-progress' });
  expect(await show('busy')).toMatchObject({ status: 'alive', activeOperation: operation });
});

/** Trains until somebody ends it. */
const endless = config({ pause_s: 0.1 }, { epochs: 1000 });

test('superseding ends the old experiment, and nothing its workers still send is accepted', async () => {
  await user.create('old');
  const { operation } = await user.start('old', await user.download('old'), endless);
  await user.untilRun('old', 1, 'trains', ({ status }) => status === 'ongoing');
  const [job] = runningJobs(stack).filter(({ environment }) => environment['FANFOLD_WORKER_TOKEN']);
  if (!job) throw new Error('no job runs');
  await expect(syncAs(stack, job)).rejects.toMatchObject({ name: 'worker-fenced' });

  expect(await user.create('new')).toMatchObject({ superseded: 'old' });
  expect(await show('old')).toMatchObject({ status: 'ended', endedBy: 'superseded' });
  await expect(syncAs(stack, job)).rejects.toMatchObject({ name: 'experiment-ended' });
  expect(await user.ended('old', operation)).toMatchObject({ status: 'cancelled' });
  await until('the end of its jobs', async () => runningJobs(stack).length === 0);
  const runs = await user.runs('old');
  expect(runs).toMatchObject([{ status: 'stopped', endedBy: 'superseded' }]);
});
