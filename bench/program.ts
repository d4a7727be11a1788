import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { env } from 'node:process';
import { text } from 'node:stream/consumers';
import { nodePrograms, pythonPrograms } from '../local/places.ts';
import { ending } from './endings.ts';

interface ProgramOptions {
  /** Its working and home folder, where it may leave what it likes. */
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly output: string;
  /** From its start to its end. */
  readonly seconds: number;
}

const mark = 'FANFOLD_BENCH_PROGRAM';
/** Much more than the slowest program takes; one that hangs must not hang the bench. */
const limitMilliseconds = 1_200_000;

/** Runs a program of this checkout's `node` or `python`; whatever it started ends with it. */
export const run = async (
  [program, ...words]: readonly [string, ...string[]],
  { folder, environment }: ProgramOptions,
): Promise<Ended> => {
  const id = randomUUID();
  const start = performance.now();
  const child = spawn(program, words, {
    cwd: folder,
    // Not the group that Ctrl-C reaches: it ends as everything else does.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: [nodePrograms, pythonPrograms, env['PATH']].join(delimiter),
      HOME: folder,
      LANG: 'C.UTF-8',
      ...environment,
      [mark]: id,
    },
  });
  const end = (): void => {
    child.kill('SIGKILL');
    endMarked(id);
  };
  return ending(end, async () => {
    const told = Promise.all([text(child.stdout), text(child.stderr)]);
    const limit = setTimeout(end, limitMilliseconds);
    const [status] = await once(child, 'exit').finally(() => clearTimeout(limit));
    const seconds = (performance.now() - start) / 1000;
    endMarked(id);
    const [output, errors] = await told;
    if (status === 0) return { output, seconds };
    throw new Error(`\`${program} ${words.join(' ')}\` failed (${status}):\n${output}${errors}`);
  });
};

/** Servers that a program started may have left its process group, but not its environment. */
const endMarked = (id: string): void => {
  for (let left = marked(id); left.length > 0; left = marked(id)) for (const pid of left) kill(pid);
};

const marked = (id: string): readonly number[] =>
  globSync('/proc/[0-9]*/environ')
    .filter((file) => read(file).includes(`${mark}=${id}`))
    .map((file) => Number(file.split('/')[2]));

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // Another user's, or it has just ended.
  }
};

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};
