import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { freePort } from './free-port.ts';
import { mlflowPrograms, pythonPrograms, repository } from './places.ts';
import { ended, identify, isRunning, type ProcessIdentity, signal } from './process-identity.ts';

interface MlflowSettings {
  /** Where its database, its artifacts and its log lie. A server started again over it has all its runs. */
  readonly folder: string;
  /** Whether it goes on when this process has ended, in whichever way. */
  readonly outlivesUs: boolean;
}

export interface MlflowServer {
  readonly url: string;
  /** Waits until it answers. */
  isUp(): Promise<void>;
}

const shape = z.object({
  port: z.number(),
  /** That of the keeper, with which all of the server's processes end. */
  process: z.object({ pid: z.number(), startedAt: z.string() }),
});

/** It imports for seconds, on a busy machine for many. */
const startLimitMilliseconds = 180_000;
const pollMilliseconds = 100;
const stopGraceSeconds = 5;
/** The keeper kills what is left after the grace. */
const stopLimitMilliseconds = 15_000;

const keeper = join(repository, 'local', 'src', 'fanfold_local', 'keeper.py');

/** Starts a real MLflow server on loopback, or finds the one that runs over the folder. */
export const startMlflow = async (settings: MlflowSettings): Promise<MlflowServer> => {
  const folder = resolve(settings.folder);
  const before = readServerFile(folder);
  const { port, process } =
    before && isRunning(before.process)
      ? before
      : await start({ ...settings, folder }, before?.port);
  const url = `http://127.0.0.1:${port}`;
  return { url, isUp: () => untilHealthy(url, process, logIn(folder)) };
};

/** Ends the server of a folder with every process that it has started; says whether one was running. */
export const stopMlflow = async (folder: string): Promise<boolean> => {
  const file = readServerFile(resolve(folder));
  if (!file || !isRunning(file.process)) return false;
  signal(file.process, 'SIGTERM');
  if (await ended(file.process, stopLimitMilliseconds)) return true;
  throw new Error('the MLflow server does not end');
};

const fileIn = (folder: string): string => join(folder, 'server.json');

const readServerFile = (folder: string) =>
  existsSync(fileIn(folder))
    ? shape.parse(JSON.parse(readFileSync(fileIn(folder), 'utf8')))
    : undefined;

const start = async (settings: MlflowSettings, portBefore: number | undefined) => {
  const { folder } = settings;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(logIn(folder), '', { mode: 0o600 });
  const port = await freePort(portBefore);
  const process = identify(launch(settings, port).pid ?? 0);
  if (process === undefined) throw new Error('the MLflow server ended right after its start');
  writeFileSync(fileIn(folder), JSON.stringify({ port, process }), { mode: 0o600 });
  return { port, process };
};

const logIn = (folder: string): string => join(folder, 'mlflow.log');

const launch = ({ folder, outlivesUs }: MlflowSettings, port: number): ChildProcess => {
  const job = {
    command: [
      join(mlflowPrograms, 'python'),
      ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port)],
      ...['--workers', '1', '--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`],
      ...['--artifacts-destination', join(folder, 'artifacts')],
    ],
    environment: {
      PATH: [mlflowPrograms, env['PATH']].join(':'),
      HOME: folder,
      LANG: 'C.UTF-8',
      // Its queue of jobs is eight more processes, for what runs do not need.
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_DISABLE_TELEMETRY: 'true',
    },
    folder,
    log: logIn(folder),
    pid_file: join(folder, 'mlflow.pid'),
    grace_s: stopGraceSeconds,
    outlives_us: outlivesUs,
  };
  const child = spawn(join(pythonPrograms, 'python'), [keeper], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.write(`${JSON.stringify(job)}\n`);
  child.unref();
  // The pipe closes with this process, and the server ends with the pipe.
  if (child.stdin instanceof Socket) child.stdin.unref();
  return child;
};

const untilHealthy = async (url: string, process: ProcessIdentity, log: string): Promise<void> => {
  const deadline = Date.now() + startLimitMilliseconds;
  while (!(await isHealthy(url))) {
    if (!isRunning(process))
      throw new Error(`the MLflow server ended at its start:\n${readFileSync(log, 'utf8')}`);
    if (Date.now() > deadline) throw new Error('the MLflow server did not answer in time');
    await sleep(pollMilliseconds);
  }
};

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
};
