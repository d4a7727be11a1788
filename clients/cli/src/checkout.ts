import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, usageError } from './cli-error.ts';
import type { Session } from './session.ts';
import { upwards } from './upwards.ts';

/* What only a checkout of Fanfold can do: the embedded stack, and the deployment. */

const marks = ['local/setup.mjs', 'local/up.ts', 'cdk.json'];

/** The nearest checkout, here or above. */
export const findCheckout = (cwd: string): string | undefined =>
  upwards(cwd).find((folder) => marks.every((mark) => existsSync(join(folder, mark))));

/** Runs a program of the checkout, set up first, in this terminal; refuses when it fails. */
export const runInCheckout = async (
  { terminal, options }: Session,
  words: readonly string[],
): Promise<string> => {
  const checkout = findCheckout(terminal.cwd);
  if (checkout === undefined) {
    throw usageError(
      `there is no checkout of Fanfold in ${terminal.cwd} or above; the embedded stack and the ` +
        'deployment are run from one: `git clone` it and go there',
    );
  }
  const status = await new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [join(checkout, 'local/setup.mjs'), ...words], {
      cwd: checkout,
      // With --json standard output is the answer's alone.
      stdio: ['inherit', options.json ? process.stderr : 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  if (status === 0) return checkout;
  throw new CliError('fault', `\`${words.slice(0, 2).join(' ')}\` ended with ${status}`);
};
