import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { ExportedFile, Exports } from '../domain/ports.ts';
import { S3Downloads } from './s3-downloads.ts';

/** Objects that are read through a presigned URL; the bucket removes them by itself. */
export class S3Exports implements Exports {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #downloads: S3Downloads;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#downloads = new S3Downloads(client, bucket);
  }

  async publish({ key, fileName, contentType, bytes }: ExportedFile) {
    const object = { Bucket: this.#bucket, Key: key };
    await this.#client.send(
      new PutObjectCommand({ ...object, Body: bytes, ContentType: contentType }),
    );
    return this.#downloads.downloadUrl(key, fileName);
  }
}
