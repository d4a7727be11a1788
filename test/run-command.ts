import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';

export interface Ending {
  readonly succeeded: boolean;
  /** What asked us to go while the command ran. */
  readonly askedBy?: NodeJS.Signals | undefined;
}

const farewells = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program in this terminal to its end. What asks us to go meanwhile is passed on to all of its
 * processes, and waited for: a test that is killed leaves its stack behind, one that is asked ends it.
 */
export const runCommand = async (
  program: string,
  words: readonly string[],
  { cwd }: { readonly cwd: string },
): Promise<Ending> => {
  // In a group of its own, so that Ctrl-C reaches it from here only, once.
  const child = spawn(program, words, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  let askedBy: NodeJS.Signals | undefined;
  const passOn = (signal: NodeJS.Signals): void => {
    askedBy = signal;
    askGroup(child, signal);
  };
  for (const signal of farewells) process.on(signal, passOn);
  child.on('error', ({ message }) => process.stderr.write(`${message}\n`));
  const status = await new Promise((over) => child.on('close', over));
  for (const signal of farewells) process.off(signal, passOn);
  return { succeeded: status === 0 && askedBy === undefined, askedBy };
};

const askGroup = ({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void => {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
};
