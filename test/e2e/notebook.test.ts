import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonPrograms, repository } from '../../local/places.ts';
import type { RunningStack } from '../../local/stack.ts';
import { type Cell, cellWith, type ExecutedCell, plainText } from './notebook-cells.ts';
import { freshStack, removeStack, userOf } from './scene.ts';

/* The Python client as its users meet it: the examples as notebooks, and digits as a script. */

const limitMilliseconds = 300_000;

const digits = join(repository, 'examples', 'digits');
const reviews = join(repository, 'examples', 'reviews');

let stack: RunningStack;
let user: ReturnType<typeof userOf>;

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
});
afterAll(() => removeStack(stack));

/** Runs a notebook in a kernel of its own. */
const executed = async (notebook: string): Promise<readonly ExecutedCell[]> => {
  const program = python(join(import.meta.dirname, 'execute_notebook.py'), notebook);
  const { status, output } = await finished(program);
  expect(status).toBe(0);
  return JSON.parse(output);
};

const python = (...words: string[]): ChildProcess =>
  spawn(join(pythonPrograms, 'python'), words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      FANFOLD_URL: stack.url,
      FANFOLD_TOKEN: stack.token,
      IPYTHONDIR: join(stack.folder, 'ipython'),
      PYTHONUNBUFFERED: '1',
    },
  });

/** Waits for a program's end; `onText` sees its output as it grows. */
const finished = async (
  program: ChildProcess,
  onText: (text: string) => void = () => undefined,
): Promise<{ readonly status: number | null; readonly output: string }> => {
  let output = '';
  program.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    onText(output);
  });
  const [status] = await once(program, 'close');
  return { status, output };
};

test(
  'the notebook of digits runs to its end, with one table that is updated in place',
  async () => {
    const cells = await executed(join(digits, 'digits.ipynb'));
    const fit = cellWith('run_fit', cells);
    expectOneTable(fit);
    expect(plainText(fit)).toContain('Fit 2 completed');
    expect(plainText(fit).match(/^ +\d .* completed .* 5\/5 /gm)).toHaveLength(8);
    expect(plainText(cellWith('exp.end', cells))).toContain('Experiment digits-notebook ended');

    const results = await user.results('digits-notebook');
    const accuracies = results.map(({ metrics }) => Number(metrics['val_accuracy']));
    expect(Math.max(...accuracies)).toBeGreaterThanOrEqual(0.95);
  },
  limitMilliseconds,
);

test(
  'the notebook of reviews learns to read them, and tells of new ones in their order',
  async () => {
    const folder = join(stack.folder, 'reviews');
    cpSync(reviews, folder, { recursive: true });
    const cells = await executed(join(folder, 'reviews.ipynb'));

    const dryRun = plainText(cellWith('dry_run=True', cells));
    expect(dryRun).toContain('Dry run: 4 runs');
    expect(dryRun).toContain('SHA lets the best go on after epoch 2');
    const fit = cellWith('idempotency_key="fit"', cells);
    expectOneTable(fit);
    expect(plainText(fit)).toContain('4 runs: 2 completed, 2 stopped');
    expect(plainText(fit).match(/ gru +completed +4\/4 /g)).toHaveLength(2);
    expect(plainText(fit).match(/ bag +stopped +2\/4 /g)).toHaveLength(2);

    const tested = cellWith('run_test', cells);
    expect(measured('test_accuracy', tested)).toBeGreaterThan(0.9);
    expect(measured('test_f1', tested)).toBeGreaterThan(0.9);
    const told = plainText(cellWith('read_csv', cells)).trim().split('\n');
    expect(told.map((line) => Number.parseFloat(line) > 50)).toEqual(praise);
    expect(told.at(-1)).toContain('The film is anything but lazy.');
    expect(plainText(cellWith('get_logs', cells))).toContain('predict: a vocabulary of 86 words');
    expect(plainText(cellWith('exp.end', cells))).toContain('its artifacts are under s3://');
  },
  limitMilliseconds,
);

/** Whether each of the new reviews is praise. */
const praise = [true, false, true, false, true, true];

const measured = (metric: string, cell: Cell): number =>
  Number(new RegExp(`^${metric} +(\\S+)$`, 'm').exec(plainText(cell))?.[1]);

const expectOneTable = ({ outputs, messages }: ExecutedCell): void => {
  expect(outputs.map(({ output_type }) => output_type)).toEqual(['stream', 'display_data']);
  expect(messages['display_data']).toBe(1);
  expect(messages['update_display_data']).toBeGreaterThan(1);
};

test.each([
  ['digits', join(digits, 'digits.ipynb')],
  ['reviews', join(reviews, 'reviews.ipynb')],
])('the committed notebook of %s shows a real run, and nothing of its machine', (_, notebook) => {
  const { cells } = JSON.parse(readFileSync(notebook, 'utf8'));
  const code: readonly (Cell & { readonly execution_count: number; readonly cell_type: string })[] =
    cells.filter(({ cell_type }: { cell_type: string }) => cell_type === 'code');
  expect(code.map(({ execution_count }) => execution_count)).toEqual(code.map((_, i) => i + 1));
  expect(plainText(cellWith('idempotency_key="fit"', code))).toMatch(/ completed +[45]\/[45] /);
  const outputs = JSON.stringify(code.map(({ outputs }) => outputs));
  expect(outputs).not.toMatch(
    /127\.0\.0\.1|localhost|\/home\/|\/root\/|\/work\/|\/tmp\/|\/Users\//,
  );
});

test(
  'an interrupt detaches from a fit, which goes on, and the same call comes back to it',
  async () => {
    const script = join(digits, 'digits.py');
    const first = python(script);
    const interrupted = await finished(first, (output) => {
      if (output.includes('run 1: ongoing') && !first.killed) first.kill('SIGINT');
    });
    expect(interrupted.output).toContain('Detached: fit 2 of experiment digits goes on');
    expect(interrupted.output).toContain('Experiment.attach().watch() comes back to it');
    expect(interrupted.status).toBe(130);

    const again = await finished(python(script));
    expect(again.output).toContain('Experiment digits reconnected');
    expect(again.output).toContain('Fit 2 was started with this key before');
    expect(again.output).toMatch(/Fit 2 completed .* 8 runs: 8 completed/);
    expect(again.status).toBe(0);

    const runs = await user.runs('digits');
    expect(runs.map(({ status }) => status)).toEqual(Array(8).fill('completed'));
  },
  limitMilliseconds,
);
