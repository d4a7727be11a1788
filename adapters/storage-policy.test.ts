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

  it('lists each bucket under the prefixes in it', () => {
    const lists = statementsFor(['s3://fanfold/a.csv', 's3://data/images/']).slice(2);
    expect(lists).toMatchObject([
      {
        Resource: 'arn:aws:s3:::fanfold',
        Condition: { StringLike: { 's3:prefix': [`${scope.prefix}*`, 'a.csv'] } },
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

  it('holds a dataset of ten ordinary places, and refuses one that does not fit', () => {
    const place = (i: number) => `s3://company-datasets-eu/vision/digits-v3/part-${i}/rows.csv`;
    const places = (n: number) => Array.from({ length: n }, (_, i) => place(i));
    expect(statementsFor(places(10))).toHaveLength(4);
    expect(() => statementsFor(places(30))).toThrow(/too long together.*2048/);
  });

  it('refuses what is not an S3 URI', () => {
    expect(() => statementsFor(['https://data/x'])).toThrow('https://data/x is not an S3 URI');
  });
});
