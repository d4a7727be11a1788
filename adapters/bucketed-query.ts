import type { DynamoTable, Query } from './dynamo-table.ts';
import type { StoredItem } from './stored-item.ts';
import { bucketOf } from './table-keys.ts';

/** Buckets asked at once at most. */
const widest = 8;

/** A range of runs, or of their epochs, from one sort key to another. */
export interface BucketedRange extends Pick<Query, 'filter' | 'values'> {
  readonly partitionOf: (bucket: number) => string;
  readonly firstRunId: number;
  readonly lastRunId: number;
  readonly from: string;
  readonly to: string;
  readonly limit: number;
  /** How many buckets are expected to fill the limit. */
  readonly buckets: number;
}

/**
 * The range's items in order, over as many buckets as it takes. Buckets are asked several at once: first
 * as many as should do, then, while they turn out to be sparse, more each time.
 */
export const queryBuckets = async (
  table: DynamoTable,
  { partitionOf, firstRunId, lastRunId, from, to, limit, buckets, filter, values }: BucketedRange,
): Promise<readonly StoredItem[]> => {
  const found: StoredItem[] = [];
  const last = bucketOf(lastRunId);
  let next = bucketOf(firstRunId);
  let width = Math.min(buckets, widest);
  while (next <= last && from <= to && found.length < limit) {
    const asked = Array.from({ length: Math.min(width, last - next + 1) }, (_, i) => next + i);
    const pages = await Promise.all(
      asked.map((bucket) =>
        table.query({
          partition: partitionOf(bucket),
          from,
          to,
          limit: limit - found.length,
          filter,
          values,
        }),
      ),
    );
    found.push(...pages.flat());
    next += asked.length;
    width = Math.min(width * 2, widest);
  }
  return found.slice(0, limit);
};
