import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findCheckout } from './checkout.ts';
import { CliError } from './cli-error.ts';
import { findConnection } from './connection.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/* What only the Python client can do, done by it. */

const hasClient = 'import importlib.util as u, sys; sys.exit(u.find_spec("fanfold") is None)';

/** A Python that has the client: that of the environment that is active, or the checkout's. */
export const clientPython = async ({ cwd }: Pick<Terminal, 'cwd'>): Promise<string> => {
  const checkout = findCheckout(cwd);
  const own = checkout === undefined ? [] : [join(checkout, '.venv/bin/python')];
  for (const program of ['python', 'python3', ...own]) {
    if (await succeeds(program, ['-c', hasClient])) return program;
  }
  throw new CliError(
    'fault',
    'this needs the Python client, which neither `python` nor a checkout here has: activate an ' +
      'environment after `pip install ./clients/python` in it',
  );
};

const succeeds = async (program: string, words: readonly string[]): Promise<boolean> => {
  try {
    await promisify(execFile)(program, words);
    return true;
  } catch {
    return false;
  }
};

/** Runs it in this terminal, told where the service is; gives its exit status. */
export const runPython = async (
  { terminal, options }: Session,
  program: string,
  words: readonly string[],
): Promise<number> => {
  const { url, token, workspace } = findConnection(options, terminal);
  const service = { FANFOLD_URL: url, FANFOLD_TOKEN: token, FANFOLD_WORKSPACE: workspace };
  const child = spawn(program, words, {
    cwd: terminal.cwd,
    env: { ...terminal.env, ...service },
    // With --json standard output is the answer's alone.
    stdio: ['inherit', options.json ? process.stderr : 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
};
