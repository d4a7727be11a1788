import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Location } from '../domain/s3-uri.ts';

/** The SDK sends a checksum of the text, which S3 holds against what arrives. */
export const putText = async (
  client: S3Client,
  { bucket, key }: S3Location,
  text: string,
): Promise<void> => {
  const Body = Buffer.from(text);
  const input = { Bucket: bucket, Key: key, Body, ContentLength: Body.length };
  await client.send(new PutObjectCommand(input));
};
