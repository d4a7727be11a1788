import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { CopyObjectCommand, HeadObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import type { SavedArtifacts } from '../domain/ports.ts';
import type { S3Location } from '../domain/s3-uri.ts';
import { copyInParts, copySource } from './s3-multipart-copy.ts';
import { putText } from './s3-text.ts';

/** The largest object that S3 copies in one call. */
const maxCopyBytes = 5 * 1024 ** 3;

/** Copies of the workspace's objects in buckets of the user's. */
export class S3SavedArtifacts implements SavedArtifacts {
  readonly #client: S3Client;
  readonly #bucket: string;

  /** `bucket` is where the copies come from. */
  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async copyOut(key: string, target: S3Location): Promise<void> {
    const source = { bucket: this.#bucket, key };
    const original = await this.#head(source);
    // An earlier save that was broken off is taken up where it was.
    const there = await this.#headIfThere(target);
    if (there && hasSameFingerprint(original, there)) return;
    const sizeBytes = original.ContentLength ?? 0;
    if (sizeBytes > maxCopyBytes) {
      await copyInParts(this.#client, { source, target, sizeBytes });
    } else {
      await this.#client.send(
        new CopyObjectCommand({
          Bucket: target.bucket,
          Key: target.key,
          CopySource: copySource(source),
          // What is copied is what was measured, even if someone writes it anew meanwhile.
          CopySourceIfMatch: original.ETag,
        }),
      );
    }
    checkSame(original, await this.#head(target), target);
  }

  /** S3 answers 403 for what is not there where we may not list. */
  async #headIfThere(location: S3Location): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await this.#head(location);
    } catch (error) {
      if (error instanceof S3ServiceException) return undefined;
      throw error;
    }
  }

  async putTextOut(target: S3Location, text: string): Promise<void> {
    await putText(this.#client, target, text);
    const { ContentLength } = await this.#head(target);
    if (ContentLength !== Buffer.byteLength(text)) throw notArrived(target, 'another size');
  }

  async #head({ bucket, key }: S3Location): Promise<HeadObjectCommandOutput> {
    const input = { Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' } as const;
    return this.#client.send(new HeadObjectCommand(input));
  }
}

/** Sizes must agree, and the first fingerprint that both objects have. */
const checkSame = (
  original: HeadObjectCommandOutput,
  copy: HeadObjectCommandOutput,
  target: S3Location,
): void => {
  if (copy.ContentLength !== original.ContentLength) throw notArrived(target, 'another size');
  const pair = commonFingerprint(original, copy);
  if (pair && pair[0] !== pair[1]) throw notArrived(target, 'another checksum');
};

/** Certain only where both have a fingerprint of one kind. */
const hasSameFingerprint = (
  original: HeadObjectCommandOutput,
  there: HeadObjectCommandOutput,
): boolean => {
  const pair = commonFingerprint(original, there);
  return (
    original.ContentLength === there.ContentLength && pair !== undefined && pair[0] === pair[1]
  );
};

const commonFingerprint = (
  one: HeadObjectCommandOutput,
  other: HeadObjectCommandOutput,
): readonly [string | undefined, string | undefined] | undefined => {
  const [ones, others] = [fingerprints(one), fingerprints(other)];
  const kind = ones.findIndex((value, i) => value && others[i]);
  return kind < 0 ? undefined : [ones[kind], others[kind]];
};

/**
 * Checksums over the whole object, then the ETag where it is an MD5: that of an object written in parts
 * or encrypted with a KMS key says nothing about its bytes.
 */
const fingerprints = (head: HeadObjectCommandOutput): readonly (string | undefined)[] => {
  const whole = head.ChecksumType !== 'COMPOSITE';
  const encrypted = head.ServerSideEncryption?.startsWith('aws:kms') ?? false;
  return [
    whole ? head.ChecksumSHA256 : undefined,
    whole ? head.ChecksumCRC64NVME : undefined,
    whole ? head.ChecksumCRC32 : undefined,
    whole ? head.ChecksumCRC32C : undefined,
    encrypted || head.ETag?.includes('-') ? undefined : head.ETag,
  ];
};

const notArrived = ({ bucket, key }: S3Location, why: string): Error =>
  new Error(`s3://${bucket}/${key} did not arrive whole: it has ${why} than what was sent`);
