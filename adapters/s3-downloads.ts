import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Downloads } from '../domain/ports.ts';

/** Presigned URLs, by which a notebook downloads from the workspace's bucket without credentials. */
export class S3Downloads implements Downloads {
  readonly expiresInSeconds = 15 * 60;
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(config: S3ClientConfig, bucket: string) {
    this.#client = new S3Client(config);
    this.#bucket = bucket;
  }

  async downloadUrl(key: string, fileName: string): Promise<string> {
    const get = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      ResponseContentDisposition: `attachment; filename="${fileName}"`,
    });
    return getSignedUrl(this.#client, get, { expiresIn: this.expiresInSeconds });
  }
}
