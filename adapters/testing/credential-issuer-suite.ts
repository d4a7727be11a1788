import { describe, expect, it } from 'vitest';
import type { ArtifactStore, CredentialIssuer, StorageCredentials } from '../../domain/ports.ts';
import { newWorkspace } from './samples.ts';

type Ports = {
  readonly credentials: CredentialIssuer;
  /** The bucket as root sees it, and as the bearer of credentials does. */
  readonly artifacts: ArtifactStore;
  readonly artifactsFor: (issued: StorageCredentials, bucket: string) => ArtifactStore;
  readonly dataset: ArtifactStore;
};

/** What holds of every `CredentialIssuer`. */
export const credentialIssuerSuite = (ports: () => Ports) =>
  describe('a credential issuer', () => {
    it('lets a worker write in its experiment and read its dataset, nothing else', async () => {
      const { credentials, artifacts, artifactsFor, dataset } = ports();
      const prefix = `workspaces/${newWorkspace()}/experiments/digits/`;
      await artifacts.putText('workspaces/other/secret', 'secret');
      for (const key of ['esf/train.csv', 'esf/train.csv.bak', 'images/1.png', 'image'])
        await dataset.putText(key, key);
      const issued = await credentials.issue({
        sessionName: 'abcdefghij12-1-1-1',
        bucket: artifacts.bucket,
        prefix,
        readableUris: [`s3://${dataset.bucket}/esf/train.csv`, `s3://${dataset.bucket}/images/`],
      });
      const lastMinutes = (Date.parse(issued.expiresAt) - Date.now()) / 60_000;
      expect(lastMinutes).toBeGreaterThan(13);
      expect(lastMinutes).toBeLessThanOrEqual(15);

      const own = artifactsFor(issued, artifacts.bucket);
      await own.putText(`${prefix}runs/1/state.json`, '{}');
      expect(await own.getText(`${prefix}runs/1/state.json`)).toBe('{}');
      expect(await own.list(prefix, { limit: 10 })).toHaveLength(1);
      await expect(own.getText('workspaces/other/secret')).rejects.toThrow();
      await expect(own.putText(`${prefix.slice(0, -1)}-2/x`, '')).rejects.toThrow();
      await expect(own.list('workspaces/', { limit: 10 })).rejects.toThrow();

      const data = artifactsFor(issued, dataset.bucket);
      expect(await data.getText('esf/train.csv')).toBe('esf/train.csv');
      expect(await data.getText('images/1.png')).toBe('images/1.png');
      expect(await data.list('images/', { limit: 10 })).toHaveLength(1);
      await expect(data.getText('esf/train.csv.bak')).rejects.toThrow();
      await expect(data.getText('image')).rejects.toThrow();
      await expect(data.putText('images/2.png', '')).rejects.toThrow();
    });
  });
