import type { S3Client } from '@aws-sdk/client-s3';
import type { ScheduleKey } from '../domain/schedule.ts';
import type { TemplateKeeper } from '../domain/schedule-ports.ts';
import { templateKey } from '../domain/storage-layout.ts';
import { putText } from './s3-text.ts';

/** Templates as files of the bucket; it can do nothing else with it, which keeps its bundle small. */
export class S3TemplateKeeper implements TemplateKeeper {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async keep(key: ScheduleKey, sha256: string, text: string): Promise<void> {
    const place = { bucket: this.#bucket, key: templateKey(key, sha256) };
    await putText(this.#client, place, text);
  }
}
