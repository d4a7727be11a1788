import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import type {
  BatchGetCommandInput,
  BatchGetCommandOutput,
  BatchWriteCommandInput,
  BatchWriteCommandOutput,
  TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { backoff, maxAttempts } from './backoff.ts';
import { chunked, inParallel } from './in-parallel.ts';
import type { StoredItem } from './stored-item.ts';
import type { ItemKey } from './table-keys.ts';

/** Attributes stand in expressions as `#name`, values as `:name`. */
interface Conditional {
  readonly condition?: string | undefined;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
}

export interface Put extends Conditional {
  readonly put: StoredItem & ItemKey;
}

/** Changes some attributes of an item, which is made when there is none and no condition forbids it. */
export interface Update extends Conditional {
  readonly key: ItemKey;
  readonly update: string;
}

/** What stood in the way of each write of a transaction, none of which was done. */
export type Obstacle = 'none' | 'condition' | 'conflict';

export interface Query {
  readonly partition: string;
  /** First and last sort key, both included. */
  readonly from: string;
  readonly to: string;
  readonly limit?: number | undefined;
  /** In the order of falling sort keys. */
  readonly newestFirst?: boolean | undefined;
  readonly filter?: string | undefined;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  /** A global index and its two key attributes, in place of the table itself. */
  readonly index?: { readonly name: string; readonly pk: string; readonly sk: string } | undefined;
}

/** AWS's limits of one call. */
const maxTransactWrites = 100;
/** A transaction takes 4 MB; as JSON an item is about as long as in DynamoDB's own count. */
const maxTransactBytes = 3_000_000;
const maxBatchGets = 100;
const maxBatchWrites = 25;

/** Calls of one batch that are under way at once. */
const callsAtOnce = 8;

/** Reasons of a cancelled transaction that say nothing about its conditions; the SDK does not retry them. */
const passing = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

/** The condition of a write that must not touch what exists. */
export const absent = 'attribute_not_exists(#pk)';

/** The one table: strongly consistent reads, conditional writes, batches of any size. */
export class DynamoTable {
  readonly #client: DynamoDBDocumentClient;
  readonly #name: string;

  constructor(client: DynamoDBClient, name: string) {
    this.#client = DynamoDBDocumentClient.from(client, {
      marshallOptions: { removeUndefinedValues: true },
    });
    this.#name = name;
  }

  async get(key: ItemKey): Promise<StoredItem | undefined> {
    const input = { TableName: this.#name, Key: key, ConsistentRead: true };
    return (await this.#client.send(new GetCommand(input))).Item;
  }

  /** Those of the items that exist, in no order. */
  async getMany(keys: readonly ItemKey[]): Promise<readonly StoredItem[]> {
    const found: StoredItem[] = [];
    await inParallel(chunked(keys, maxBatchGets), callsAtOnce, async (chunk) => {
      found.push(...(await this.#getBatch(chunk)));
    });
    return found;
  }

  /** The items of a range, in order of sort key. */
  async query(query: Query): Promise<readonly StoredItem[]> {
    const { limit = Number.POSITIVE_INFINITY } = query;
    const found: StoredItem[] = [];
    let start: StoredItem | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          ...this.#queryInput(query, limit - found.length),
          ExclusiveStartKey: start,
        }),
      );
      found.push(...(page.Items ?? []));
      start = page.LastEvaluatedKey;
    } while (start && found.length < limit);
    return found.slice(0, limit);
  }

  /** False when the condition does not hold. */
  async put(write: Put): Promise<boolean> {
    const command = new PutCommand(this.#putInput(write));
    return this.#written(() => this.#client.send(command));
  }

  /** False when the condition does not hold. */
  async update(write: Update): Promise<boolean> {
    const command = new UpdateCommand(this.#updateInput(write));
    return this.#written(() => this.#client.send(command));
  }

  async #written(write: () => Promise<unknown>): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      try {
        await write();
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        const conflict = error instanceof TransactionConflictException;
        if (!conflict || attempt === maxAttempts) throw error;
        await backoff(attempt);
      }
    }
  }

  /** Writes items whatever was there before. */
  async putMany(items: readonly StoredItem[]): Promise<void> {
    await inParallel(chunked(items, maxBatchWrites), callsAtOnce, (chunk) => this.#putBatch(chunk));
  }

  /** Writes items; those that exist already stay as they are. */
  async createMany(items: readonly (StoredItem & ItemKey)[]): Promise<void> {
    await inParallel(chunked(items, maxTransactBytes, bytesOf), callsAtOnce, async (chunk) => {
      let missing = chunk;
      while (missing.length > 0) {
        const obstacles = await this.transact(missing.map((put) => ({ put, condition: absent })));
        if (!obstacles) return;
        missing = missing.filter((_, i) => obstacles[i] !== 'condition');
      }
    });
  }

  /** All of the writes or none; `undefined` when they were done, else what stood in the way of each. */
  async transact(writes: readonly (Put | Update)[]): Promise<readonly Obstacle[] | undefined> {
    const TransactItems: TransactWriteCommandInput['TransactItems'] = writes.map((write) =>
      'put' in write ? { Put: this.#putInput(write) } : { Update: this.#updateInput(write) },
    );
    for (let attempt = 0; ; attempt++) {
      // The token makes the SDK's own retries of one attempt harmless.
      const ClientRequestToken = randomUUID();
      try {
        await this.#client.send(new TransactWriteCommand({ TransactItems, ClientRequestToken }));
        return undefined;
      } catch (error) {
        const obstacles = obstaclesOf(error);
        if (obstacles.includes('condition')) return obstacles;
        if (attempt === maxAttempts) throw error;
        await backoff(attempt);
      }
    }
  }

  async #getBatch(keys: readonly ItemKey[]): Promise<readonly StoredItem[]> {
    const found: StoredItem[] = [];
    let asked: NonNullable<BatchGetCommandInput['RequestItems']> = {
      [this.#name]: { Keys: [...keys], ConsistentRead: true },
    };
    for (let attempt = 0; ; attempt++) {
      const answer: BatchGetCommandOutput = await this.#client.send(
        new BatchGetCommand({ RequestItems: asked }),
      );
      found.push(...(answer.Responses?.[this.#name] ?? []));
      asked = answer.UnprocessedKeys ?? {};
      if (Object.keys(asked).length === 0) return found;
      await pause(attempt);
    }
  }

  async #putBatch(items: readonly StoredItem[]): Promise<void> {
    let asked: NonNullable<BatchWriteCommandInput['RequestItems']> = {
      [this.#name]: items.map((Item) => ({ PutRequest: { Item } })),
    };
    for (let attempt = 0; ; attempt++) {
      const answer: BatchWriteCommandOutput = await this.#client.send(
        new BatchWriteCommand({ RequestItems: asked }),
      );
      asked = answer.UnprocessedItems ?? {};
      if (Object.keys(asked).length === 0) return;
      await pause(attempt);
    }
  }

  #queryInput(
    { partition, from, to, newestFirst, filter, values, index }: Query,
    remaining: number,
  ) {
    const { pk, sk } = index ?? { pk: 'pk', sk: 'sk' };
    const range = '#pk = :pk AND #sk BETWEEN :from AND :to';
    return {
      TableName: this.#name,
      IndexName: index?.name,
      ConsistentRead: index === undefined,
      ScanIndexForward: newestFirst !== true,
      KeyConditionExpression: range,
      FilterExpression: filter,
      ExpressionAttributeNames: { ...namesIn(filter), '#pk': pk, '#sk': sk },
      ExpressionAttributeValues: { ...values, ':pk': partition, ':from': from, ':to': to },
      // The limit counts items before the filter.
      Limit: filter === undefined && Number.isFinite(remaining) ? remaining : undefined,
    };
  }

  #putInput({ put, condition, values }: Put) {
    return {
      TableName: this.#name,
      Item: put,
      ConditionExpression: condition,
      ExpressionAttributeNames: namesIn(condition),
      ExpressionAttributeValues: values,
    };
  }

  #updateInput({ key, update, condition, values }: Update) {
    return {
      TableName: this.#name,
      Key: key,
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeNames: namesIn(`${update} ${condition}`),
      ExpressionAttributeValues: values,
    };
  }
}

/** What an item takes of a transaction, of which at most so many fit into one. */
const bytesOf = (item: StoredItem): number =>
  Math.max(Buffer.byteLength(JSON.stringify(item)), maxTransactBytes / maxTransactWrites);

/** `{'#status': 'status'}` for an expression that speaks of `#status`. */
const namesIn = (expression: string | undefined): Record<string, string> | undefined => {
  const names = expression?.match(/#\w+/g);
  return names ? Object.fromEntries(names.map((name) => [name, name.slice(1)])) : undefined;
};

/** What a cancelled transaction met; any other error, or reason, is thrown on. */
const obstaclesOf = (error: unknown): readonly Obstacle[] => {
  if (!(error instanceof TransactionCanceledException)) throw error;
  return (error.CancellationReasons ?? []).map(({ Code = 'None' }) => {
    if (Code === 'None') return 'none';
    if (Code === 'ConditionalCheckFailed') return 'condition';
    if (passing.includes(Code)) return 'conflict';
    throw error;
  });
};

const pause = async (attempt: number): Promise<void> => {
  if (attempt === maxAttempts) throw new Error('DynamoDB left a part of a batch undone');
  await backoff(attempt);
};
