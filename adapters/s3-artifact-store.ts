import type { S3Client } from '@aws-sdk/client-s3';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
} from '@aws-sdk/client-s3';
import type { ArtifactStore, StoredObject } from '../domain/ports.ts';
import { putText } from './s3-text.ts';

const maxKeysPerPage = 1_000;

/** Objects of the workspace's bucket. */
export class S3ArtifactStore implements ArtifactStore {
  readonly bucket: string;
  readonly #client: S3Client;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.bucket = bucket;
  }

  async putText(key: string, text: string): Promise<void> {
    await putText(this.#client, { bucket: this.bucket, key }, text);
  }

  async getText(key: string): Promise<string | undefined> {
    try {
      const found = await this.#client.send(
        new GetObjectCommand({ Bucket: this.bucket, Key: key }),
      );
      return await found.Body?.transformToString();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  async lines(key: string): Promise<AsyncIterable<string>> {
    const found = await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return linesOf(found.Body?.transformToWebStream() ?? []);
  }

  async exists(key: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return true;
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
  }

  async list(
    prefix: string,
    { limit, after }: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<readonly StoredObject[]> {
    const found: StoredObject[] = [];
    let start = after;
    while (found.length < limit) {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: prefix,
          StartAfter: start,
          MaxKeys: Math.min(limit - found.length, maxKeysPerPage),
        }),
      );
      for (const { Key, Size = 0 } of page.Contents ?? []) {
        if (Key !== undefined) found.push({ key: Key, sizeBytes: Size });
      }
      if (!page.IsTruncated) break;
      start = found.at(-1)?.key;
    }
    return found;
  }
}

async function* linesOf(
  text: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of text) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
