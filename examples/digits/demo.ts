import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { defaultFolder, pythonPrograms, repository } from '../../local/places.ts';
import { isRunning } from '../../local/process-identity.ts';
import type { RunningStack } from '../../local/stack.ts';
import { startStack } from '../../local/stack.ts';
import { readStackFile } from '../../local/stack-file.ts';

/*
 * `npm run demo`: the digits example on the embedded stack. A stack that runs already is used and left
 * running; one that is started here is stopped again, and keeps its data.
 */

let example: ChildProcess | undefined;

const main = async (): Promise<number> => {
  const before = readStackFile(defaultFolder)?.process;
  const ours = !before || !isRunning(before);
  process.stdout.write(ours ? 'Starting the embedded stack ...\n' : 'The embedded stack is up\n');
  const stack = await startStack({ folder: defaultFolder });
  try {
    return await runExample(stack);
  } finally {
    if (ours) await stack.stop();
  }
};

/** Runs the script with this terminal as its own; gives its exit status. */
const runExample = async ({ url, token, workspace }: RunningStack): Promise<number> => {
  const service = { FANFOLD_URL: url, FANFOLD_TOKEN: token, FANFOLD_WORKSPACE: workspace };
  example = spawn(join(pythonPrograms, 'python'), [join(import.meta.dirname, 'digits.py')], {
    cwd: repository,
    stdio: 'inherit',
    env: { ...process.env, ...service, PYTHONUNBUFFERED: '1' },
  });
  const [status] = await once(example, 'close');
  return typeof status === 'number' ? status : 1;
};

/** Ctrl-C reaches the example as well, which then ends by itself; a SIGTERM has to be passed on. */
const letExampleEnd = (name: NodeJS.Signals): void => {
  if (!example) process.exit(1);
  if (name === 'SIGTERM') example.kill(name);
};

process.on('SIGINT', letExampleEnd);
process.on('SIGTERM', letExampleEnd);

process.exitCode = await main();
