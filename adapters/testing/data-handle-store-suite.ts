import { describe, expect, it } from 'vitest';
import type { DataHandleStore } from '../../domain/ports.ts';
import { dataHandleOf, newKey } from './samples.ts';

/** What holds of every `DataHandleStore`. */
export const dataHandleStoreSuite = (ports: () => { readonly dataHandles: DataHandleStore }) =>
  describe('a data handle store', () => {
    it('gives back the handle last put', async () => {
      const { dataHandles } = ports();
      const handle = dataHandleOf(newKey());
      expect(await dataHandles.find(handle)).toBeUndefined();
      await dataHandles.replace(handle);
      const ready = {
        ...handle,
        status: 'ready',
        rows: { train: 1_437, validation: 0 },
        manifestSha256: 'aa'.repeat(32),
      } as const;
      await dataHandles.replace(ready);
      expect(await dataHandles.find(handle)).toEqual(ready);
      const failed = {
        ...handle,
        status: 'failed',
        error: 's3://data/train.csv has no rows',
        errorType: 'invalid-data',
      } as const;
      await dataHandles.replace(failed);
      expect(await dataHandles.find(handle)).toEqual(failed);
    });
  });
