import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { region } from './aws.ts';
import { freePort } from './free-port.ts';
import { nodePrograms, pythonPrograms } from './places.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';

export interface EmulatorSettings {
  readonly folder: string;
  /** Tried first; another one is taken when it is in use. */
  readonly port?: number | undefined;
  /** Batch jobs that run at once. */
  readonly slots: number;
  /** Between a job's SIGTERM and its SIGKILL. */
  readonly stopGraceSeconds?: number | undefined;
  /** Whether it goes on when this process has ended, in whichever way. */
  readonly outlivesUs: boolean;
}

export interface Emulator {
  readonly process: ProcessIdentity;
  readonly port: number;
  readonly endpoint: string;
}

const startLimitMilliseconds = 30_000;
const pollMilliseconds = 20;

const endpointAt = (port: number): string => `http://127.0.0.1:${port}`;

/** Starts the emulator over the state in its folder and waits until it answers. */
export const startEmulator = async (settings: EmulatorSettings): Promise<Emulator> => {
  const port = await freePort(settings.port);
  mkdirSync(settings.folder, { recursive: true, mode: 0o700 });
  const logFile = join(settings.folder, 'emulator.log');
  const child = launch(settings, port, logFile);
  await untilHealthy(port, () => {
    if (child.exitCode === null && child.signalCode === null) return;
    throw new Error(`the embedded AWS ended at its start:\n${readFileSync(logFile, 'utf8')}`);
  });
  const process = identify(child.pid ?? 0);
  if (process === undefined) throw new Error('the embedded AWS ended right after its start');
  return { process, port, endpoint: endpointAt(port) };
};

const launch = (settings: EmulatorSettings, port: number, logFile: string): ChildProcess => {
  writeFileSync(logFile, '', { mode: 0o600 });
  const log = openSync(logFile, 'a');
  const options = ['--port', port, '--folder', settings.folder, '--slots', settings.slots];
  options.push('--region', region);
  if (settings.stopGraceSeconds !== undefined)
    options.push('--stop-grace-seconds', settings.stopGraceSeconds);
  if (!settings.outlivesUs) options.push('--owned');
  const child = spawn(
    join(pythonPrograms, 'python'),
    ['-m', 'fanfold_local', ...options.map(String)],
    {
      cwd: settings.folder,
      detached: true,
      // The pipe closes with this process, and the emulator ends with the pipe.
      stdio: [settings.outlivesUs ? 'ignore' : 'pipe', log, log],
      env: {
        // Functions run the first `node` found here.
        PATH: [nodePrograms, pythonPrograms, env['PATH']].join(delimiter),
        // Not the user's: ~/.aws would reach the functions.
        HOME: settings.folder,
        LANG: 'C.UTF-8',
      },
    },
  );
  closeSync(log);
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return child;
};

const untilHealthy = async (port: number, check: () => void): Promise<void> => {
  const deadline = Date.now() + startLimitMilliseconds;
  while (!(await isHealthy(port))) {
    check();
    if (Date.now() > deadline) throw new Error('the embedded AWS did not answer in time');
    await sleep(pollMilliseconds);
  }
};

const isHealthy = async (port: number): Promise<boolean> => {
  try {
    return (await fetch(`${endpointAt(port)}/_ministack/health`)).ok;
  } catch {
    return false;
  }
};
