import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Uploads } from '../domain/ports.ts';

const expiresInSeconds = 15 * 60;

/** Presigned URLs, by which a notebook uploads to the workspace's bucket without credentials. */
export class S3Uploads implements Uploads {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(config: S3ClientConfig, bucket: string) {
    // Else the SDK signs the checksum of an empty body, and S3 refuses whatever is uploaded.
    this.#client = new S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' });
    this.#bucket = bucket;
  }

  async uploadUrl(key: string): Promise<string> {
    const put = new PutObjectCommand({ Bucket: this.#bucket, Key: key });
    return getSignedUrl(this.#client, put, { expiresIn: expiresInSeconds });
  }
}
