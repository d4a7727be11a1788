import { describe, expect, it } from 'vitest';
import type { ArtifactStore, Downloads } from '../../domain/ports.ts';

/** What holds of every `Downloads`. */
export const downloadsSuite = (
  ports: () => { readonly downloads: Downloads; readonly artifacts: ArtifactStore },
) =>
  describe('downloads', () => {
    it('give an object under its file name to whoever has the URL', async () => {
      const { downloads, artifacts } = ports();
      await artifacts.putText('operations/1/lease-2/predictions_run3.csv', 'id,prediction\n1,2\n');
      const { url, expiresAt } = await downloads.downloadUrl(
        'operations/1/lease-2/predictions_run3.csv',
        'predictions_run3.csv',
      );
      const response = await fetch(url);
      expect(await response.text()).toBe('id,prediction\n1,2\n');
      expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 60_000);
      expect(new URL(url).searchParams.get('response-content-disposition')).toBe(
        'attachment; filename="predictions_run3.csv"',
      );
    });
  });
