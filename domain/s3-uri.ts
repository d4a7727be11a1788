/** An S3 URI taken apart; the key may be empty and has no leading slash. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

const pattern = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<key>.*))?$/s;

/** Takes `s3://bucket/key` apart; `undefined` for anything else. */
export const parseS3Uri = (uri: string): S3Location | undefined => {
  const groups = pattern.exec(uri)?.groups;
  const bucket = groups?.['bucket'];
  return bucket === undefined ? undefined : { bucket, key: groups?.['key'] ?? '' };
};
