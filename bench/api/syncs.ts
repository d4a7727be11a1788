import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoTable } from '../../adapters/dynamo-table.ts';
import { DynamoWorkerStore } from '../../adapters/dynamo-worker-store.ts';
import type { RunningStack } from '../../local/stack.ts';
import type { Trial } from '../embedded-stack.ts';

/** How often an operation's workers have synced; a worker numbers its syncs. */
export const syncsOf = async (
  { aws, table }: RunningStack,
  { params }: Trial,
  operation: number,
): Promise<number> => {
  const store = new DynamoWorkerStore(new DynamoTable(new DynamoDBClient(aws), table));
  const workers = await store.listByOperation({ ...params, operation });
  return workers.reduce((sum, { sequence }) => sum + sequence, 0);
};
