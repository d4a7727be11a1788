import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/* `stack.json` in a stack's folder: how clients find the service, and how we find it again. */

const shape = z.object({
  url: z.string(),
  token: z.string(),
  workspace: z.string(),
  endpoint: z.string(),
  region: z.string(),
  port: z.number(),
  bucket: z.string(),
  table: z.string(),
  slots: z.number(),
  /** The emulator's; null while it is stopped. */
  process: z.object({ pid: z.number(), startedAt: z.string() }).nullable(),
  /** The hash of each stack's template as it was last deployed. */
  deployed: z.record(z.string(), z.string()),
});

export type StackFile = z.infer<typeof shape>;

const fileIn = (folder: string): string => join(folder, 'stack.json');

/** Undefined where no stack was ever started. */
export const readStackFile = (folder: string): StackFile | undefined =>
  existsSync(fileIn(folder))
    ? shape.parse(JSON.parse(readFileSync(fileIn(folder), 'utf8')))
    : undefined;

/** It holds the admin token: only its owner may read it. */
export const writeStackFile = (folder: string, content: StackFile): void => {
  const aside = `${fileIn(folder)}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(aside, fileIn(folder));
};
