import type { S3Client } from '@aws-sdk/client-s3';
import type { ExperimentKey } from '../domain/experiment.ts';
import type { SecretKeeper } from '../domain/ports.ts';
import type { Secrets } from '../domain/secrets.ts';
import { secretsKey } from '../domain/storage-layout.ts';
import { putText } from './s3-text.ts';

/** Sets of secrets, each an object of the workspace's bucket. */
export class S3SecretKeeper implements SecretKeeper {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async keep(key: ExperimentKey, set: string, secrets: Secrets): Promise<void> {
    if (Object.keys(secrets).length === 0) return;
    const location = { bucket: this.#bucket, key: secretsKey(key, set) };
    await putText(this.#client, location, JSON.stringify(secrets));
  }
}
