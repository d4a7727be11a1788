import { Aws } from 'aws-cdk-lib';
import type { Access } from './access.ts';

/** The ARN of a bucket that is not ours, by its name; `*` in it stands for anything. */
export const bucketArn = (name: string): string => `arn:${Aws.PARTITION}:s3:::${name}`;

/** Writes objects to the user's buckets and looks at what arrived. Nothing when there is no bucket. */
export const saveTo = (buckets: readonly string[]): Access => ({
  environment: {},
  statements:
    buckets.length === 0
      ? []
      : [
          {
            actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
            resources: buckets.map((name) => `${bucketArn(name)}/*`),
          },
        ],
  pattern: 'Artifacts are saved under whatever prefix the user asks for.',
});
