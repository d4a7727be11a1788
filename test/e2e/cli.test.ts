import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonPrograms } from '../../local/places.ts';
import { cells, jsonLines, linesOf, startProject } from './cli-scene.ts';
import { until } from './scene.ts';

let project: Awaited<ReturnType<typeof startProject>>;
beforeAll(async () => {
  project = await startProject('outputs');
});
afterAll(() => project.remove());

const fitYaml = `
experiment: line
spec: line.py
epoch_checkpoints: true
data: {train: train.csv, validation: validation.csv}
config:
  $grid:
    train:
      epochs: 2
      batch_size: 16
      optimizer: {name: SGD, args: {lr: {$list: [5e-2, 0.01]}}}
seed: 7
`;

test('a fit from a YAML file: the plan of a dry run, the fit, its table', async () => {
  project.write('fit.yaml', fitYaml);
  const plan = await project.fanfold('fit', 'fit.yaml', '--dry-run');
  expect(plan).toMatchObject({ code: 0 });
  expect(plan.out).toMatch(
    /^Dry run: 2 runs on 2 workers, .*\nNo estimate: .*\nNothing was started\n$/,
  );
  expect(plan.err).toContain('Experiment line created');

  const fit = await project.fanfold('fit', 'fit.yaml');
  expect(fit.err).toContain('Experiment line reconnected');
  expect(fit.err).toMatch(/Data handle dh-\w+ ready: 64 train rows, 24 validation rows/);
  expect(fit.err).toContain('run 2: completed, epoch 2/2, train_loss');
  expect(fit.code, fit.err).toBe(0);
  const [summary, head, ...lines] = fit.out.trimEnd().split('\n');
  expect(summary).toMatch(/^Fit \d+ completed · 0:\d\d · 2 runs: 2 completed$/);
  expect(head?.split(/\s+/)).toEqual([
    'run',
    'lr',
    'status',
    'epochs',
    'runtime',
    'train_loss',
    'val_loss',
    'val_mae',
  ]);
  expect(lines.slice(0, 2).map((line) => line.trim().split(/\s+/).slice(0, 3))).toEqual([
    ['1', '0.05', 'completed'],
    ['2', '0.01', 'completed'],
  ]);
  expect(lines[2]).toMatch(/^Run 1 ended with the lowest val_loss, \d\.\d{4}$/);
});

test('runs as a table and as JSON', async () => {
  const { out } = await project.fanfold('runs');
  expect(out.split('\n')[1]).toMatch(/^ {2}1 +0\.05 +completed +2\/2 /);
  const runs = await project.json('runs');
  expect(runs).toMatchObject([{ runId: 1 }, { runId: 2, status: 'completed' }]);
  const shown = await project.fanfold('runs', 'show', '1');
  expect(shown.out).toMatch(/^run +1 of fit \d+\nstatus +completed, epochs-completed\n/);
  expect(shown.out).toContain('\nconfig\n  train:\n    epochs: 2\n');
});

describe('results', () => {
  interface Row {
    readonly runId: number;
    readonly epoch: number;
    readonly trainLoss: number;
    readonly metrics: { readonly val_loss: number; readonly val_mae: number };
  }
  const readJson = async (): Promise<readonly Row[]> => project.json('results');

  test('as a table, CSV and JSON say the same', async () => {
    const json = await readJson();
    const csv = await project.fanfold('results', '--format', 'csv');
    const table = await project.fanfold('results');
    const [head, ...rows] = linesOf(csv.out).map((line) => line.split(','));
    expect(head).toEqual(['run_id', 'epoch', 'train_loss', 'val_loss', 'val_mae']);
    const numbers = json.map(({ runId, epoch, trainLoss, metrics }) => [
      ...[runId, epoch, trainLoss],
      ...[metrics.val_loss, metrics.val_mae],
    ]);
    expect(numbers).toHaveLength(4);
    expect(rows.map((row) => row.map(Number))).toEqual(numbers);
    expect(cells(table.out).slice(1)).toEqual(
      numbers.map(([run, epoch, ...rest]) => [
        ...[String(run), String(epoch)],
        ...rest.map((value) => value.toFixed(4)),
      ]),
    );
  });

  test('as Parquet can be read by others, from a file and from a pipe', async () => {
    const file = join(project.folder, 'results.parquet');
    const told = await project.fanfold('results', '--format', 'parquet', '--output', file);
    expect(told).toMatchObject({ code: 0, out: '', err: `4 rows written to ${file}\n` });
    const script =
      'import sys, json, pyarrow.parquet as pq; print(json.dumps(pq.read_table(sys.argv[1]).to_pylist()))';
    const read = execFileSync(join(pythonPrograms, 'python'), ['-c', script, file]);
    const rows = (await readJson()).map(({ runId, epoch, trainLoss, metrics }) => ({
      run_id: runId,
      epoch,
      train_loss: trainLoss,
      ...metrics,
    }));
    expect(JSON.parse(read.toString())).toEqual(rows);
    const piped = await project.fanfold('results', '--format', 'parquet');
    expect(piped.out.slice(0, 4)).toBe('PAR1');
  });

  test('of one run', async () => {
    expect(await project.json('results', '--run', '2')).toMatchObject([{ runId: 2 }, { runId: 2 }]);
    const parquet = await project.fanfold('results', '--run', '2', '--format', 'parquet');
    expect(parquet).toMatchObject({ code: 2, err: expect.stringContaining('leave --run out') });
  });
});

test('logs as text, and as lines of JSON', async () => {
  const { out } = await project.fanfold('logs');
  expect(out).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} info {4}worker 1 {2}partition train: 64 of 64 rows$/m,
  );
  const json = await project.fanfold('logs', '--json');
  const lines = jsonLines(json.out);
  expect(lines).toHaveLength(linesOf(out).length);
  expect(lines).toContainEqual(expect.objectContaining({ level: 'info', worker: 2 }));
});

const makeTables = ['data', 'create', '--test', 'test.csv', '--predict', 'predict.csv'];

test('a data handle is made of local files once, of locators, and shown', async () => {
  const made = await project.json(...makeTables);
  expect(made).toMatchObject({ status: 'ready', rows: { test: 17, predict: 23 } });
  const again = await project.json(
    'data',
    'create',
    '--test',
    made.locators.test,
    '--fraction',
    '0.5',
  );
  expect(again).toMatchObject({ locators: { test: made.locators.test }, fraction: 0.5 });
  const { uri } = await project.json('data', 'upload', 'test.csv');
  expect(uri).toBe(made.locators.test);
  const { out } = await project.fanfold('data', 'show', made.dataHandleId);
  expect(out).toMatch(/\nstatus +ready\nrows +test 17, predict 23\n/);
});

test('the same key comes back to the same fit', async () => {
  project.write('fit.yaml', fitYaml);
  const first = await project.json('fit', 'fit.yaml', '--idempotency-key', 'mine');
  const again = await project.json('fit', 'fit.yaml', '--idempotency-key', 'mine');
  expect(again.operation.operation).toBe(first.operation.operation);
});

test('a model is tested and predicts', async () => {
  const made = await project.json(...makeTables);
  const tested = await project.fanfold('test', '1', '--data', made.dataHandleId);
  expect(tested.out).toMatch(/metric +value\ntest_loss +\d+\.\d{4}\n/);
  expect(tested.code).toBe(0);
  const byFile = await project.json(
    'test',
    '1',
    '--file',
    'test.csv',
    '--epoch',
    '1',
    '--batch-size',
    '5',
  );
  expect(byFile.operation).toMatchObject({
    status: 'completed',
    batchSize: 5,
    model: { choice: 'epoch' },
  });

  const predicted = await project.fanfold('predict', '1', '--data', made.dataHandleId);
  expect(predicted.out).toMatch(/predictions_run1\.csv/);
  const file = join(project.folder, 'predictions_run1.csv');
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(24);
  const named = await project.json(
    'predict',
    '1',
    '--data',
    made.dataHandleId,
    '--output',
    'mine.csv',
  );
  expect(named).toMatchObject({ file: join(project.folder, 'mine.csv') });
  expect(readFileSync(named.file, 'utf8')).toBe(readFileSync(file, 'utf8'));
});

test('a token is made, works for what it is for, and is revoked; the audit tells', async () => {
  const made = await project.fanfold('tokens', 'create', 'Ada', '--role', 'reader');
  expect(made.out).toMatch(/^ff_[a-z0-9]{12}_[\w-]{43}\n$/);
  expect(made.err).toMatch(/^Token [a-z0-9]{12} of Ada opens default as reader until /);
  const own = ['--token', made.out.trim()];
  expect(await project.fanfold(...own, 'runs')).toMatchObject({ code: 0 });
  const refused = await project.fanfold(...own, 'stop', '1');
  expect(refused).toMatchObject({ code: 3, out: '' });
  expect(refused.err).toContain('takes the role operator, and this token has reader');
  const foreign = await project.fanfold(...own, 'tokens', 'list');
  expect(foreign.code).toBe(3);

  const id = made.out.slice(3, 15);
  const listed = async () =>
    (await project.fanfold('tokens', 'list')).out.split('\n').find((line) => line.includes(id));
  expect(await listed()).toMatch(/^\w+ +Ada +reader +default +valid /);
  await project.fanfold('tokens', 'revoke', id);
  expect(await listed()).toMatch(/ revoked /);

  const { out } = await project.fanfold('audit');
  expect(out).toMatch(/ Ada +stopRun +forbidden +experiments\/line\/runs\/1\/stop/);
  const above = await project.json('audit', '--everything', '--from', '2020-01-01');
  expect(above).toContainEqual(expect.objectContaining({ op: 'revokeToken', status: 200 }));
  await project.fanfold('audit', '--format', 'csv', '--output', 'audit.csv');
  expect(readFileSync(join(project.folder, 'audit.csv'), 'utf8')).toContain('stopRun');
});

test('a schedule is made of a fit file, runs now, tells its history, pauses and goes', async () => {
  const monday = ['--expression', 'cron(0 6 ? * MON *)', '--timezone', 'Europe/Vienna'];
  const put = () => project.fanfold('schedules', 'put', 'weekly', 'fit.yaml', ...monday);
  expect((await put()).out).toBe('Schedule weekly is made; it fires at cron(0 6 ? * MON *)\n');
  expect((await put()).out).toContain('is changed');
  const wrong = await project.fanfold(
    ...['schedules', 'put', 'weekly', 'fit.yaml', '--expression', 'rate(1 fortnight)'],
  );
  expect(wrong).toMatchObject({ code: 3, out: '' });

  const { out } = await project.fanfold('schedules', 'list');
  expect(out.split('\n')[1]).toMatch(
    /^weekly +active +cron\(0 6 \? \* MON \*\) +Europe\/Vienna +skip$/,
  );
  expect((await project.fanfold('schedules', 'run', 'weekly')).code).toBe(0);
  await until('the occurrence is skipped, since an experiment is alive', async () => {
    const [newest] = await project.json('schedules', 'history', 'weekly');
    return newest?.status === 'skipped' && /experiment line is alive/.test(newest.reason);
  });
  const history = await project.fanfold('schedules', 'history', 'weekly');
  expect(history.out).toMatch(/ skipped +experiment line/);
  for (const [op, state] of [
    ['pause', 'paused'],
    ['resume', 'active'],
    ['delete', 'deleted'],
  ] as const) {
    expect(await project.json('schedules', op, 'weekly')).toMatchObject({ state });
  }
  expect((await project.fanfold('schedules', 'show', 'weekly')).code).toBe(3);
});

test('an experiment ends with its artifacts, and can be read afterwards by its name', async () => {
  project.write('fit.yaml', fitYaml.replace('experiment: line', 'experiment: last'));
  expect((await project.fanfold('fit', 'fit.yaml')).code).toBe(0);
  const artifacts = `s3://${project.stack.bucket}/artifacts/default`;
  const ended = await project.fanfold('experiments', 'end', '--artifacts', artifacts);
  expect(ended.out).toMatch(/^Experiment last ended; its artifacts are under s3:\/\/.*\/last\/\n$/);
  expect(ended.code).toBe(0);
  const again = await project.fanfold('experiments', 'end', '-e', 'last');
  expect(again.out).toContain('nothing to end');
  expect(await project.fanfold('runs')).toMatchObject({
    code: 3,
    err: expect.stringContaining('no experiment is alive'),
  });
  expect(await project.json('runs', '-e', 'last')).toHaveLength(2);
});
