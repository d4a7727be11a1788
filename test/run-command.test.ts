import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { type Ending, runCommand } from './run-command.ts';

const cwd = import.meta.dirname;

const module = JSON.stringify(join(cwd, 'run-command.ts'));

/** Stays until it is asked to go; then it takes a moment to leave. */
const slowToLeave = (signal: string): string => `
  const stay = setInterval(() => {}, 1000);
  process.on('${signal}', () => setTimeout(() => { console.log('left'); clearInterval(stay); }, 100));
  console.log('arrived');`;

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a command is handed %s, and waited for',
  async (signal) => {
    const words = JSON.stringify(['-e', slowToLeave(signal)]);
    const program = `
      import { runCommand } from ${module};
      const ending = await runCommand(process.execPath, ${words}, { cwd: '.' });
      console.log(JSON.stringify(ending));`;
    const runner = spawn(process.execPath, ['--input-type=module', '-e', program]);
    await once(runner.stdout, 'data');
    runner.kill(signal);
    const [left, ending] = (await text(runner.stdout)).trim().split('\n');
    expect(left).toBe('left');
    expect(JSON.parse(ending ?? '')).toEqual({ succeeded: false, askedBy: signal });
  },
);

test.each<[string, string, boolean]>([
  ['that ends well has succeeded', 'process.exit(0)', true],
  ['that ends with a status has not', 'process.exit(3)', false],
  ['that is killed has not', "process.kill(process.pid, 'SIGKILL')", false],
])('a command %s', async (_, code, succeeded) => {
  expect(await runCommand(process.execPath, ['-e', code], { cwd })).toEqual<Ending>({
    succeeded,
    askedBy: undefined,
  });
});

test('a command that does not exist has not succeeded', async () => {
  expect(await runCommand('./no-such-program', [], { cwd })).toMatchObject({ succeeded: false });
});
