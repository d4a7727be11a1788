import type { S3Client } from '@aws-sdk/client-s3';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Downloads } from '../domain/ports.ts';

const expiresInSeconds = 15 * 60;

/** Presigned URLs, by which a notebook downloads from the workspace's bucket without credentials. */
export class S3Downloads implements Downloads {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async downloadUrl(key: string, fileName: string) {
    const get = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      ResponseContentDisposition: `attachment; filename="${fileName}"`,
    });
    const signingDate = new Date();
    const url = await getSignedUrl(this.#client, get, { expiresIn: expiresInSeconds, signingDate });
    const expiresAt = new Date(signingDate.getTime() + expiresInSeconds * 1000).toISOString();
    return { url, expiresAt };
  }
}
