import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { S3Location } from '../domain/s3-uri.ts';
import { inParallel } from './in-parallel.ts';

/** The largest object has 5 TiB, an upload at most 10,000 parts. */
const partBytes = 1024 ** 3;
const partsAtOnce = 8;

interface Copy {
  readonly source: S3Location;
  readonly target: S3Location;
  readonly sizeBytes: number;
  readonly partBytes?: number | undefined;
}

/** Names an object as the source of a copy. */
export const copySource = ({ bucket, key }: S3Location): string =>
  `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;

/** Copies an object too large for one call, part by part on S3's side; leaves nothing when it fails. */
export const copyInParts = async (client: S3Client, copy: Copy): Promise<void> => {
  const { target } = copy;
  const place = { Bucket: target.bucket, Key: target.key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
  try {
    const Parts = await copyParts(client, copy, { ...place, UploadId });
    const upload = { ...place, UploadId, MultipartUpload: { Parts } };
    await client.send(new CompleteMultipartUploadCommand(upload));
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand({ ...place, UploadId }));
    throw error;
  }
};

const copyParts = async (
  client: S3Client,
  { source, sizeBytes, partBytes: size = partBytes }: Copy,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
): Promise<CompletedPart[]> => {
  const parts: CompletedPart[] = Array.from({ length: Math.ceil(sizeBytes / size) }, (_, i) => ({
    PartNumber: i + 1,
  }));
  await inParallel(parts, partsAtOnce, async (part) => {
    const first = ((part.PartNumber ?? 1) - 1) * size;
    const last = Math.min(first + size, sizeBytes) - 1;
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        ...upload,
        PartNumber: part.PartNumber,
        CopySource: copySource(source),
        CopySourceRange: `bytes=${first}-${last}`,
      }),
    );
    part.ETag = CopyPartResult?.ETag;
  });
  return parts;
};
