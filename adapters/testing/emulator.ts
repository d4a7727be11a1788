import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const python = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

/** What every SDK client needs to speak to the emulator, as its root user. */
export interface EmulatorConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface Emulator {
  readonly config: EmulatorConfig;
  readonly stop: () => Promise<void>;
}

/** An embedded AWS of the caller's own on a free port, empty; it ends with `stop`, or with this process. */
export const startEmulator = async (): Promise<Emulator> => {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'fanfold-adapters-'));
  const process = spawn(
    python,
    ['-m', 'fanfold_local', '--port', String(port), '--folder', folder, '--owned'],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  await answering(endpoint, process);
  return {
    config: {
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
    stop: async () => {
      await ended(process);
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was free');
  return address.port;
};

const answering = async (endpoint: string, process: ChildProcess): Promise<void> => {
  while (process.exitCode === null) {
    try {
      await fetch(`${endpoint}/_ministack/health`);
      return;
    } catch {
      await pause(50);
    }
  }
  throw new Error(`the emulator ended at its start with ${process.exitCode}`);
};

const ended = async (process: ChildProcess): Promise<void> => {
  const exit = once(process, 'exit');
  process.kill('SIGTERM');
  await exit;
};
