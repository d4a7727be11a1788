import { describe, expect, it } from 'vitest';
import type { ArtifactStore, Exports, SavedArtifacts, Uploads } from '../../domain/ports.ts';
import { newWorkspace } from './samples.ts';

type Ports = {
  readonly artifacts: ArtifactStore;
  readonly savedArtifacts: SavedArtifacts;
  readonly uploads: Uploads;
  readonly exports: Exports;
  /** The same of a bucket of the user's. */
  readonly usersArtifacts: ArtifactStore;
};

/** What holds of every `ArtifactStore`, of the URLs to its bucket, and of copies in the user's. */
export const artifactStoreSuite = (ports: () => Ports) => {
  keeping(ports);
  saving(ports);
  lending(ports);
};

const newKey = (): string => `workspaces/${newWorkspace()}/a b+ü/file.txt`;

const all = async (lines: AsyncIterable<string>): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
};

const keeping = (ports: () => Ports) =>
  describe('an artifact store', () => {
    it('gives back a text, and says what is not there', async () => {
      const { artifacts } = ports();
      const key = newKey();
      expect(await artifacts.getText(key)).toBeUndefined();
      expect(await artifacts.exists(key)).toBe(false);
      await artifacts.putText(key, 'größer\n');
      expect(await artifacts.getText(key)).toBe('größer\n');
      expect(await artifacts.exists(key)).toBe(true);
    });

    it('gives the lines of a text of any length, in order, and of none fails', async () => {
      const { artifacts } = ports();
      const key = newKey();
      const lines = Array.from({ length: 20_000 }, (_, i) => `größer als ${i}`);
      for (const text of [lines.join('\n'), `${lines.join('\n')}\n`]) {
        await artifacts.putText(key, text);
        expect(await all(await artifacts.lines(key))).toEqual(lines);
      }
      await artifacts.putText(key, '');
      expect(await all(await artifacts.lines(key))).toEqual([]);
      await expect(artifacts.lines(newKey())).rejects.toThrow('does not exist');
    });

    it('lists keys in order, after a given one, up to a limit', async () => {
      const { artifacts } = ports();
      const prefix = `workspaces/${newWorkspace()}/`;
      for (const name of ['c', 'a', 'b/1', 'b/2']) await artifacts.putText(prefix + name, name);
      await artifacts.putText(`${prefix.slice(0, -1)}0/x`, 'another prefix');
      const keys = async (limit: number, after?: string) =>
        (await artifacts.list(prefix, { limit, after })).map(({ key }) => key.slice(prefix.length));
      expect(await keys(10)).toEqual(['a', 'b/1', 'b/2', 'c']);
      expect(await keys(2, `${prefix}a`)).toEqual(['b/1', 'b/2']);
      expect(await keys(2, `${prefix}c`)).toEqual([]);
      expect(await artifacts.list(`${prefix}b/`, { limit: 1 })).toEqual([
        { key: `${prefix}b/1`, sizeBytes: 3 },
      ]);
    });
  });

const saving = (ports: () => Ports) =>
  describe('saved artifacts', () => {
    it('copies an object to a bucket of the user’s', async () => {
      const { artifacts, savedArtifacts, usersArtifacts: users } = ports();
      const key = newKey();
      await artifacts.putText(key, 'weights');
      const target = { bucket: users.bucket, key: `saved/${key}` };
      await savedArtifacts.copyOut(key, target);
      expect(await users.getText(target.key)).toBe('weights');
      await savedArtifacts.putTextOut({ ...target, key: 'saved/summary.json' }, '{"é":1}');
      expect(await users.getText('saved/summary.json')).toBe('{"é":1}');
    });

    it('fails to copy what is not there, or to where it may not', async () => {
      const { artifacts, savedArtifacts, usersArtifacts: users } = ports();
      const key = newKey();
      const target = { bucket: users.bucket, key };
      await expect(savedArtifacts.copyOut(key, target)).rejects.toThrow();
      await artifacts.putText(key, 'x');
      await expect(
        savedArtifacts.copyOut(key, { ...target, bucket: 'not-there' }),
      ).rejects.toThrow();
    });
  });

const lending = (ports: () => Ports) =>
  describe('the URLs of an artifact store', () => {
    it('takes one PUT of any content at an upload URL', async () => {
      const { artifacts, uploads } = ports();
      const key = newKey();
      const url = await uploads.uploadUrl(key);
      expect(url).not.toMatch(/checksum/i);
      const answer = await fetch(url, { method: 'PUT', body: 'any,content\n' });
      expect(answer.status).toBe(200);
      expect(await artifacts.getText(key)).toBe('any,content\n');
    });

    it('publishes a file at a URL that anyone may read', async () => {
      const { exports } = ports();
      const bytes = new Uint8Array([80, 65, 82, 49, 0, 255]);
      const file = { fileName: 'digits-runs.parquet', contentType: 'application/x-test', bytes };
      const { url, expiresAt } = await exports.publish({ key: newKey(), ...file });
      expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 600_000);
      const answer = await fetch(url);
      expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
      expect(answer.headers.get('content-type')).toBe('application/x-test');
      expect(answer.headers.get('content-disposition')).toBe(
        'attachment; filename="digits-runs.parquet"',
      );
      expect((await fetch(url.replace('x-test', ''), { method: 'PUT' })).ok).toBe(false);
    });
  });
