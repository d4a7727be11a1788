import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunningStack } from '../../local/stack.ts';

/* What the tests of results, logs and secrets have in common. */

/** Code that prints numbered lines, and its secrets in every way it can. */
export const tellingSource = readFileSync(join(import.meta.dirname, 'specs/telling.py'), 'utf8');

/** Looks again and again until something is over, and once more. */
export const during = async (over: Promise<unknown>, look: () => Promise<void>): Promise<void> => {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  over.then(end, end);
  while (!isOver) await look();
  await look();
};

/** What the Python client prints of everything that it can read of the alive experiment. */
export const readByClient = async ({ url, token }: RunningStack): Promise<string> => {
  const env = { ...process.env, FANFOLD_URL: url, FANFOLD_TOKEN: token };
  const script = join(import.meta.dirname, 'records_client.py');
  const { stdout } = await promisify(execFile)('.venv/bin/python', [script], {
    env,
    maxBuffer: 2 ** 26,
  });
  return stdout;
};
