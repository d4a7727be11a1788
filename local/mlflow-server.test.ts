import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { startMlflow, stopMlflow } from './mlflow-server.ts';
import { startOwner } from './testing/start-owner.ts';

const trials = mkdtempSync(join(tmpdir(), 'fanfold-mlflow-'));
afterAll(() => rmSync(trials, { recursive: true, force: true }));

/** Starts a server in a process of its own, which goes on when `outlivesUs` is false. */
const startElsewhere = (folder: string, outlivesUs: boolean) => {
  const code = `import { startMlflow } from '${join(import.meta.dirname, 'mlflow-server.ts')}';
    await startMlflow(${JSON.stringify({ folder, outlivesUs })});
    ${outlivesUs ? 'process.exit()' : 'setInterval(() => {}, 1000)'};`;
  return startOwner(code);
};

/** Processes that keep a server, or are one: their commands or folders name its folder. */
const processesOf = (folder: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });

it('ends with the process that started it, even when that is killed', async () => {
  const folder = join(trials, 'owned');
  const owner = startElsewhere(folder, false);
  await vi.waitUntil(() => processesOf(folder).length > 0, { timeout: 60_000 });
  owner.kill('SIGKILL');
  await vi.waitUntil(() => processesOf(folder).length === 0, { timeout: 60_000 });
});

it('is found again by others, and ends with all its processes', async () => {
  const folder = join(trials, 'kept');
  const starter = startElsewhere(folder, true);
  await vi.waitUntil(() => starter.exitCode === 0, { timeout: 60_000 });
  const server = await startMlflow({ folder, outlivesUs: false });
  await server.isUp();
  // The command, and the worker that it started.
  expect(processesOf(folder).length).toBeGreaterThan(1);
  expect(await stopMlflow(folder)).toBe(true);
  expect(processesOf(folder)).toEqual([]);
  expect(await stopMlflow(folder)).toBe(false);
}, 240_000);

it('says why it did not start', async () => {
  const folder = join(trials, 'broken');
  mkdirSync(folder);
  writeFileSync(join(folder, 'mlflow.db'), 'A text, and no database.'.repeat(100));
  const server = await startMlflow({ folder, outlivesUs: false });
  await expect(server.isUp()).rejects.toThrow(/ended at its start:(.|\n)*not a database/);
  expect(processesOf(folder)).toEqual([]);
}, 240_000);
