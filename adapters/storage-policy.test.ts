import { describe, expect, it } from 'vitest';
import { storagePolicy } from './storage-policy.ts';

const scope = {
  sessionName: 'abcdefghij12-1-1-1',
  bucket: 'fanfold',
  prefix: 'workspaces/team/experiments/digits/',
  readableUris: [] as readonly string[],
};

const statementsFor = (readableUris: readonly string[]): readonly Record<string, unknown>[] =>
  JSON.parse(storagePolicy({ ...scope, readableUris })).Statement;

describe('a storage policy', () => {
  it('without a dataset speaks of the experiment alone', () => {
    const statements = statementsFor([]);
    expect(statements).toHaveLength(2);
    expect(statements[0]).toMatchObject({
      Resource: 'arn:aws:s3:::fanfold/workspaces/team/experiments/digits/*',
    });
  });

  it('lists each bucket under the prefixes in it, and no single object', () => {
    const places = ['s3://fanfold/a.csv', 's3://fanfold/misc/', 's3://data/images/', 's3://x-y/z'];
    expect(statementsFor(places).slice(2)).toMatchObject([
      {
        Resource: 'arn:aws:s3:::fanfold',
        Condition: { StringLike: { 's3:prefix': [`${scope.prefix}*`, 'misc/*'] } },
      },
      { Resource: 'arn:aws:s3:::data', Condition: { StringLike: { 's3:prefix': ['images/*'] } } },
    ]);
  });

  it('takes pattern characters of a key literally', () => {
    const written = ['*', '?', '$'].map((character) => `\${${character}}`).join('');
    expect(statementsFor(['s3://data/*?$'])[1]).toMatchObject({
      Resource: [`arn:aws:s3:::data/${written}`],
    });
  });

  it('holds four uploaded partitions with their objects and files, and refuses what does not fit', () => {
    const bucket = 'fanfoldcontrolplane-artifactstorebucket0d3b4c2e-abcdefghijkl';
    const uploads = `s3://${bucket}/workspaces/vision-team/uploads`;
    const place = (name: string) => `${uploads}/${'0'.repeat(32)}/${name}`;
    const partitions = ['train', 'validation', 'test', 'predict'].map((name) =>
      place(`${name}.parquet`),
    );
    const dataset = [...partitions, place('images/'), place('misc/')];
    const policy = storagePolicy({ ...scope, bucket, readableUris: dataset });
    expect(JSON.parse(policy).Statement).toHaveLength(3);
    const many = Array.from({ length: 30 }, (_, i) => place(`${i}.csv`));
    expect(() => statementsFor(many)).toThrow(/too long together.*2048/);
  });

  it('refuses what is not an S3 URI', () => {
    expect(() => statementsFor(['https://data/x'])).toThrow('https://data/x is not an S3 URI');
  });
});
