import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ending } from './endings.ts';

/** Gives a folder that is gone afterwards. */
export const inTemporaryFolder = async <T>(use: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-bench-'));
  return ending(
    () => rmSync(folder, { recursive: true, force: true }),
    () => use(folder),
  );
};
