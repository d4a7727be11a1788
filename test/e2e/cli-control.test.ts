import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fitFile, jsonLines, startProject } from './cli-scene.ts';
import { config, until } from './scene.ts';

/* What the CLI does to a fit that runs, and what it says when it is refused. */

let project: Awaited<ReturnType<typeof startProject>>;
beforeAll(async () => {
  project = await startProject();
});
afterAll(() => project.remove());

/** A quarter of a second for each batch; four of them an epoch. */
const slow = (epochs: number) => config({ pause_s: 0.25 }, { epochs });

interface Run {
  readonly runId: number;
  readonly status: string;
  readonly completedEpochs: number;
  readonly config: { readonly train: { readonly epochs: number } };
}
const run = (runId: number): Promise<Run> => project.json('runs', 'show', String(runId));
const untilRun = (runId: number, what: string, holds: (one: Run) => boolean): Promise<Run> =>
  until(`run ${runId} ${what}`, async () => {
    const one = await run(runId);
    return holds(one) && one;
  });
const untilStatus = (runId: number, status: string): Promise<Run> =>
  untilRun(runId, `is ${status}`, (one) => one.status === status);

test('a fit is steered while it runs: stop, resume, clone, extend, delete; cancel ends it', async () => {
  project.write('slow.json', fitFile([slow(500), config(), slow(500)]));
  const { operation } = await project.json('fit', 'slow.json', '--detach');
  expect(operation).toMatchObject({ kind: 'fit', firstRunId: 1, runCount: 3 });
  const watching = project.start('runs', '--watch', '--json');
  const logging = project.start('logs', '1', '--follow', '--json');

  await untilRun(1, 'has an epoch', ({ completedEpochs }) => completedEpochs > 0);
  const stop = await project.fanfold('stop', '1', '--idempotency-key', 'once');
  expect(stop).toMatchObject({
    code: 0,
    out: 'Run 1 will be stopped at its next chunk boundary (now ongoing)\n',
  });
  await untilStatus(1, 'stopped');
  expect((await project.fanfold('stop', '1', '--idempotency-key', 'once')).code).toBe(0);
  expect(await project.fanfold('stop', '1')).toMatchObject({
    code: 3,
    out: '',
    err: expect.stringContaining('illegal-transition'),
  });
  expect((await project.fanfold('resume', '1')).code).toBe(0);
  await untilStatus(1, 'ongoing');

  await untilStatus(2, 'completed');
  const { run: longer } = await project.json('extend', '2', '--epochs', '1');
  expect(longer.config.train.epochs).toBe(3);
  await untilRun(2, 'has three epochs', ({ completedEpochs }) => completedEpochs === 3);

  const set = ['--set', 'train.epochs=1', '--set', 'user_knobs.pause_s=0'];
  const cold = await project.json('clone', '1', ...set, '--set', 'train.optimizer.args.lr=1e-3');
  expect(cold.runs).toMatchObject([
    {
      runId: 4,
      clonedFrom: 1,
      warmStarted: false,
      config: { train: { epochs: 1, optimizer: { args: { lr: 0.001 } } } },
    },
  ]);
  const warm = await project.fanfold('clone', '1', ...set, '--warm', '--epoch', '1');
  expect(warm).toMatchObject({ code: 0, out: 'Run 5 is made from run 1, warm\n' });
  project.write(
    'grid.yaml',
    '$grid: {train: {epochs: {$list: [1, 2]}}, user_knobs: {pause_s: 0}}\n',
  );
  const grid = await project.fanfold('clone', '1', '--file', 'grid.yaml');
  expect(grid.out).toBe('Runs 6, 7 are made from run 1, cold\n');
  await untilStatus(5, 'completed');

  expect((await project.fanfold('delete', '4')).out).toMatch(/^Run 4 /);
  await untilStatus(4, 'deleted');
  expect(await project.json('runs')).not.toContainEqual(expect.objectContaining({ runId: 4 }));

  const cancelled = await project.fanfold('cancel');
  expect(cancelled).toMatchObject({ code: 0, out: `Fit ${operation.operation} cancelled\n` });
  expect((await project.fanfold('cancel')).out).toContain('nothing to cancel');

  const seen = jsonLines((await watching.ended).out);
  expect(seen).toContainEqual(expect.objectContaining({ runId: 1, status: 'stopped' }));
  const logged = await logging.ended;
  expect(logged.code).toBe(0);
  const lines = jsonLines(logged.out);
  expect(new Set(lines.map(({ runId }) => runId))).toEqual(new Set([1]));
});

test('Ctrl-C during a fit leaves it running and says so; attach comes back to it and sees it cancelled', async () => {
  project.write('slow.json', fitFile(slow(500)));
  const fit = project.start('fit', 'slow.json');
  await until('progress of the fit', async () => /run \d+: ongoing/.test(fit.err()));
  fit.interrupt();
  const { code, out, err } = await fit.ended;
  expect({ code, out }).toEqual({ code: 130, out: '' });
  expect(err).toMatch(
    /Fit \d+ of experiment line goes on; `fanfold experiments attach` comes back/,
  );

  const attached = project.start('experiments', 'attach');
  await until('progress of the same fit', async () => /run \d+: ongoing/.test(attached.err()));
  expect((await project.fanfold('cancel')).code).toBe(0);
  const seen = await attached.ended;
  expect(seen.out).toMatch(/^Fit \d+ cancelled · /);
  expect(seen.code).toBe(4);
});

test('a fit with failed runs ends with 4; their traceback is shown', async () => {
  project.write('failing.json', fitFile([config(), config({ raise: true })]));
  const { code, out, err } = await project.fanfold('fit', 'failing.json');
  expect(code).toBe(4);
  const failed = Number(/Run (\d+) failed: .*the loss went its own way/.exec(out)?.[1]);
  expect(err).toContain('1 of 2 runs failed');
  const shown = await project.fanfold('runs', 'show', String(failed));
  expect(shown.out).toContain('Traceback (most recent call last):');
  expect(shown.out).toContain('line.py');
});

describe('what the service refuses ends with 3, and says what to do:', () => {
  test.each([
    [['stop', '1'], 'no-active-fit', 'fanfold fit FILE'],
    [['runs', 'show', '9999'], 'run-not-found', '`fanfold runs`'],
    [['data', 'show', 'dh-none'], 'data-handle-not-found', 'fanfold data create'],
    [['experiments', 'show', 'none'], 'experiment-not-found', 'experiments list'],
    [['runs', '--token', 'wrong'], 'unauthorized', 'FANFOLD_TOKEN'],
    [['operations', 'show', '999'], 'operation-not-found', 'fanfold operations'],
  ])('%j', async (words, type, remedy) => {
    const { code, out, err } = await project.fanfold(...words, '--json');
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain(`(${type})`);
    expect(err).toContain(`→ `);
    expect(err).toContain(remedy);
    expect(err).not.toMatch(/^ +at /m);
    expect(JSON.parse(err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: expect.stringContaining(type),
    });
  });

  test('a wrong knob, with the place of the fault', async () => {
    const wrong = { train: { epochs: 1, batch_size: 1, optimizer: { name: 'SDG' } } };
    project.write('wrong.json', fitFile(wrong));
    const { code, err } = await project.fanfold('fit', 'wrong.json');
    expect(code).toBe(3);
    expect(err).toContain('/mlConfig/train/optimizer/name');
  });
});

test('creating another experiment does not end one at work, unless told to', async () => {
  project.write('slow.json', fitFile(slow(500)));
  const { operation } = await project.json('fit', 'slow.json', '--detach');
  const other = ['experiments', 'create', 'line.py', 'other'];
  const refused = await project.fanfold(...other);
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toContain(
    `experiment line is alive, and its operation ${operation.operation} is active`,
  );
  const created = await project.json(...other, '--supersede');
  expect(created).toMatchObject({ superseded: 'line', experiment: { name: 'other' } });
  expect(await project.json('experiments', 'list')).toMatchObject([
    { name: 'line', status: 'ended', endedBy: 'superseded' },
    { name: 'other', status: 'alive' },
  ]);
});
