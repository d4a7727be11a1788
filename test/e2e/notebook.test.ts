import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonPrograms, repository } from '../../local/places.ts';
import type { RunningStack } from '../../local/stack.ts';
import { freshStack, removeStack, userOf } from './scene.ts';

/* The Python client as its users meet it: the digits example as a notebook and as a script. */

interface Output {
  readonly output_type: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, string | readonly string[]>>;
}

interface Cell {
  readonly source: string | readonly string[];
  readonly outputs: readonly Output[];
  readonly messages: Readonly<Record<string, number>>;
}

const limitMilliseconds = 150_000;

const example = join(repository, 'examples', 'digits');
const notebook = join(example, 'digits.ipynb');

let stack: RunningStack;
let user: ReturnType<typeof userOf>;

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
});
afterAll(() => removeStack(stack));

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

const joined = (lines: string | readonly string[] | undefined): string =>
  typeof lines === 'string' ? lines : (lines ?? []).join('');

const plainText = ({ outputs }: Pick<Cell, 'outputs'>): string =>
  outputs.map(({ text, data }) => joined(text ?? data?.['text/plain'])).join('');

const cellWith = <C extends Pick<Cell, 'source'>>(words: string, cells: readonly C[]): C => {
  const found = cells.find(({ source }) => joined(source).includes(words));
  if (!found) throw new Error(`no cell has ${words}`);
  return found;
};

test(
  'the notebook runs to its end, with one table that is updated in place',
  async () => {
    const program = python(join(import.meta.dirname, 'execute_notebook.py'), notebook);
    const { status, output } = await finished(program);
    expect(status).toBe(0);
    const cells: readonly Cell[] = JSON.parse(output);

    const fit = cellWith('run_fit', cells);
    expect(fit.outputs.map(({ output_type }) => output_type)).toEqual(['stream', 'display_data']);
    expect(fit.messages['display_data']).toBe(1);
    expect(fit.messages['update_display_data']).toBeGreaterThan(1);
    expect(plainText(fit)).toContain('Fit 2 completed');
    expect(plainText(fit).match(/^ +\d .* completed .* 5\/5 /gm)).toHaveLength(8);
    expect(plainText(cellWith('exp.end', cells))).toContain('Experiment digits-notebook ended');

    const results = await user.results('digits-notebook');
    const accuracies = results.map(({ metrics }) => Number(metrics['val_accuracy']));
    expect(Math.max(...accuracies)).toBeGreaterThanOrEqual(0.95);
  },
  limitMilliseconds,
);

test('the committed notebook shows a real run, and nothing of the machine it ran on', () => {
  const { cells } = JSON.parse(readFileSync(notebook, 'utf8'));
  const code: readonly (Cell & { readonly execution_count: number; readonly cell_type: string })[] =
    cells.filter(({ cell_type }: { cell_type: string }) => cell_type === 'code');
  expect(code.map(({ execution_count }) => execution_count)).toEqual(code.map((_, i) => i + 1));
  expect(plainText(cellWith('run_fit', code)).match(/ completed .* 5\/5 /g)).toHaveLength(8);
  const outputs = JSON.stringify(code.map(({ outputs }) => outputs));
  expect(outputs).not.toMatch(
    /127\.0\.0\.1|localhost|\/home\/|\/root\/|\/work\/|\/tmp\/|\/Users\//,
  );
});

test(
  'an interrupt detaches from a fit, which goes on, and the same call comes back to it',
  async () => {
    const script = join(example, 'digits.py');
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
