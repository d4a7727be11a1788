import type { S3Client } from '@aws-sdk/client-s3';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ExportedFile, Exports } from '../domain/ports.ts';

const expiresInSeconds = 15 * 60;

/** Objects that are read through a presigned URL; the bucket removes them by itself. */
export class S3Exports implements Exports {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async publish({ key, fileName, contentType, bytes }: ExportedFile) {
    const object = { Bucket: this.#bucket, Key: key };
    await this.#client.send(
      new PutObjectCommand({ ...object, Body: bytes, ContentType: contentType }),
    );
    const get = new GetObjectCommand({
      ...object,
      ResponseContentDisposition: `attachment; filename="${fileName}"`,
    });
    const signingDate = new Date();
    const url = await getSignedUrl(this.#client, get, { expiresIn: expiresInSeconds, signingDate });
    const expiresAt = new Date(signingDate.getTime() + expiresInSeconds * 1000).toISOString();
    return { url, expiresAt };
  }
}
