import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { account } from '../../local/aws.ts';
import { defaultFolder, pythonPrograms, repository } from '../../local/places.ts';
import { isRunning } from '../../local/process-identity.ts';
import type { RunningStack } from '../../local/stack.ts';
import { startStack } from '../../local/stack.ts';
import { readStackFile } from '../../local/stack-file.ts';

/*
 * `npm run demo`: the digits example on the embedded stack. A stack that runs already is used and left
 * running; one that is started here is stopped again, and keeps its data. An interrupt leaves it running
 * as well, since what it detaches from goes on.
 */

const detached = 130;

let interrupted = false;
let example: ChildProcess | undefined;

const main = async (): Promise<number> => {
  const before = readStackFile(defaultFolder)?.process;
  const ours = !before || !isRunning(before);
  say(ours ? 'Starting the embedded stack ...' : 'The embedded stack is up');
  const stack = await startStack({ folder: defaultFolder, outlivesUs: true });
  let status = 1;
  try {
    if (!interrupted) status = await runExample(stack);
  } finally {
    if (ours && status !== detached) await stack.stop();
  }
  if (status === detached) sayHowToComeBack();
  if (status === 0) sayWhereArtifactsLie(stack, ours);
  return status;
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

const sayHowToComeBack = (): void =>
  say('The embedded stack stays up: `npm run demo` comes back to it, `npm run down` stops it.');

/** The embedded S3 keeps each object as a file under its account, bucket and key. */
const sayWhereArtifactsLie = ({ folder, bucket }: RunningStack, isStopped: boolean): void => {
  const saved = join(folder, 's3', account, bucket, 'artifacts', 'default');
  const mine = relative(process.cwd(), join(saved, newestIn(saved)));
  say(`
On this machine the artifacts are files in
  ${mine}
such as runs/8/checkpoints/final/model.safetensors and runs/8/results.csv.`);
  say(
    isStopped
      ? 'The embedded stack is stopped and keeps its data; `npm run up` starts it again.'
      : '`npm run down` stops the embedded stack; its data is kept.',
  );
};

const newestIn = (folder: string): string => {
  const age = (name: string): number => statSync(join(folder, name)).mtimeMs;
  return readdirSync(folder).sort((a, b) => age(b) - age(a))[0] ?? '';
};

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Ctrl-C reaches the example as well, which then ends by itself; a SIGTERM has to be passed on. */
const letExampleEnd = (name: NodeJS.Signals): void => {
  interrupted = true;
  if (name === 'SIGTERM') example?.kill(name);
};

process.on('SIGINT', letExampleEnd);
process.on('SIGTERM', letExampleEnd);

process.exitCode = await main();
