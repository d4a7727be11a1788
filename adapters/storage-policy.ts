import { DomainError } from '../domain/domain-error.ts';
import type { StorageScope } from '../domain/ports.ts';
import type { S3Location } from '../domain/s3-uri.ts';
import { parseS3Uri } from '../domain/s3-uri.ts';

/** What STS takes as a session policy at most. */
const maxCharacters = 2_048;

/** The session policy of a scope: all of its prefix, reading what its URIs name, listing the prefixes among them. */
export const storagePolicy = ({ bucket, prefix, readableUris }: StorageScope): string => {
  const own = { bucket, key: prefix };
  const read = readableUris.map(locate);
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        Resource: objectArn(own),
      },
      ...(read.length > 0
        ? [
            {
              Effect: 'Allow',
              Action: ['s3:GetObject', 's3:GetObjectVersion'],
              Resource: [...new Set(read.map(objectArn))],
            },
          ]
        : []),
      ...listStatements([own, ...read].filter(isPrefix)),
    ],
  });
  if (policy.length > maxCharacters) throw tooLong(readableUris);
  return policy;
};

/** One statement per bucket, as its condition speaks of keys in that bucket. */
const listStatements = (places: readonly S3Location[]) =>
  [...Map.groupBy(places, ({ bucket }) => bucket)].map(([bucket, inBucket]) => ({
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: `arn:aws:s3:::${bucket}`,
    Condition: { StringLike: { 's3:prefix': [...new Set(inBucket.map(keyPattern))] } },
  }));

const locate = (uri: string): S3Location => {
  const place = parseS3Uri(uri);
  if (!place) throw new DomainError('invalid-request', `${uri} is not an S3 URI`);
  return place;
};

const objectArn = (place: S3Location): string =>
  `arn:aws:s3:::${place.bucket}/${keyPattern(place)}`;

const keyPattern = (place: S3Location): string =>
  isPrefix(place) ? `${literal(place.key)}*` : literal(place.key);

/** A key that is empty or ends in `/` is a prefix; every other one is an object's. */
const isPrefix = ({ key }: S3Location): boolean => key === '' || key.endsWith('/');

/** IAM reads `*`, `?` and `$` as patterns and variables unless they are written so. */
const literal = (key: string): string =>
  key.replaceAll(/[*?$]/g, (character) => `\${${character}}`);

const tooLong = (uris: readonly string[]): DomainError =>
  new DomainError(
    'invalid-request',
    `the dataset's ${uris.length} S3 URIs are too long together for a worker's session policy (${maxCharacters} characters); use shorter keys, or fewer places under one common prefix`,
  );
