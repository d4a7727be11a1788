import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** A process of Node's that runs a module and, however the test comes out, does not outlive it. */
export const startOwner = (module: string): ChildProcess => {
  const owner = spawn('node', ['--input-type=module', '--eval', module], { stdio: 'inherit' });
  onTestFinished(() => {
    owner.kill('SIGKILL');
  });
  return owner;
};
