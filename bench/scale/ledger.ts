import { z } from 'zod';
import type { ObservedCall } from '../api/counting-proxy.ts';

/** Calls of one kind by one function, and what DynamoDB counts for them. */
export interface Use {
  readonly caller: string;
  readonly service: string;
  readonly action: string;
  readonly requests: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

type Units = Pick<Use, 'readUnits' | 'writeUnits'>;
type Item = Readonly<Record<string, unknown>>;

/** Adds up what functions ask of AWS, from their calls as they go by. */
export class Ledger {
  #uses = new Map<string, Use>();
  #isClosed = false;

  readonly observe = ({ caller, method, headers, request, answer }: ObservedCall): void => {
    if (this.#isClosed) return;
    const [, service = ''] =
      /Credential=[^/]+\/\d+\/[\w-]+\/(\w+)\//.exec(headers.authorization ?? '') ?? [];
    const target = String(headers['x-amz-target'] ?? '');
    const action = target === '' ? method : target.slice(target.indexOf('.') + 1);
    const { readUnits, writeUnits } =
      service === 'dynamodb' ? unitsOf(action, parsed(request), parsed(answer)) : none;
    const key = [caller, service, action].join();
    const before = this.#uses.get(key) ?? { caller, service, action, requests: 0, ...none };
    this.#uses.set(key, {
      ...before,
      requests: before.requests + 1,
      readUnits: before.readUnits + readUnits,
      writeUnits: before.writeUnits + writeUnits,
    });
  };

  /** Adds nothing more, so that what is timed from now on is not held up by it. */
  close(): void {
    this.#isClosed = true;
  }

  /** What was added since it was last taken. */
  take(): readonly Use[] {
    const taken = [...this.#uses.values()];
    this.#uses = new Map();
    return taken;
  }
}

const none: Units = { readUnits: 0, writeUnits: 0 };

const parsed = (bytes: Buffer): unknown => JSON.parse(bytes.toString() || '{}');

const item = z.record(z.string(), z.unknown());
const put = z.object({ Item: item });
const found = z.object({ Item: item.optional() });
const foundMany = z.object({ Responses: z.record(z.string(), z.array(item)) });
const queried = z.object({ Items: z.array(item).default([]) });
const batch = z.object({
  RequestItems: z.record(z.string(), z.array(z.object({ PutRequest: put }))),
});
const transaction = z.object({
  TransactItems: z.array(z.object({ Put: put.optional() })),
});

/** DynamoDB's units of a call: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html */
const unitsOf = (action: string, request: unknown, answer: unknown): Units => {
  switch (action) {
    case 'GetItem':
      return reading(readUnits([found.parse(answer).Item ?? {}]));
    case 'BatchGetItem': {
      const items = Object.values(foundMany.parse(answer).Responses).flat();
      return reading(items.reduce((sum, one) => sum + readUnits([one]), 0));
    }
    case 'Query':
      return reading(readUnits(queried.parse(answer).Items));
    case 'PutItem':
      return writing(writeUnits(put.parse(request).Item));
    case 'BatchWriteItem': {
      const puts = Object.values(batch.parse(request).RequestItems).flat();
      return writing(puts.reduce((sum, { PutRequest }) => sum + writeUnits(PutRequest.Item), 0));
    }
    case 'TransactWriteItems': {
      const writes = transaction.parse(request).TransactItems;
      // What an update changes is not in the request; items that are updated have less than 1 KB.
      const units = writes.map(({ Put }) => (Put ? writeUnits(Put.Item) : 1));
      return writing(2 * units.reduce((sum, one) => sum + one, 0));
    }
    default:
      throw new Error(`nothing is known of what DynamoDB counts for ${action}`);
  }
};

const reading = (readUnits: number): Units => ({ readUnits, writeUnits: 0 });
const writing = (writeUnits: number): Units => ({ readUnits: 0, writeUnits });

/** What is read in one go is counted together. */
const readUnits = (items: readonly Item[]): number =>
  Math.max(1, Math.ceil(items.reduce((sum, one) => sum + itemBytes(one), 0) / 4096));

/** An item in the index of active operations is written there as well. */
const writeUnits = (one: Item): number =>
  Math.max(1, Math.ceil(itemBytes(one) / 1024)) * ('activePk' in one ? 2 : 1);

const itemBytes = (one: Item): number =>
  Object.entries(one).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );

/** The size of an attribute's value as it comes in a request: `{"S": "…"}`, `{"N": "1"}`, `{"L": […]}` … */
const valueBytes = (value: unknown): number => {
  const [[kind = '', content] = []] = Object.entries(
    z.record(z.string(), z.unknown()).parse(value),
  );
  if (kind === 'L')
    return (
      3 +
      z
        .array(z.unknown())
        .parse(content)
        .reduce<number>((sum, one) => sum + 1 + valueBytes(one), 0)
    );
  if (kind === 'M') return 3 + itemBytes(item.parse(content));
  if (kind === 'N') return Math.ceil(String(content).length / 2) + 1;
  return kind === 'S' ? Buffer.byteLength(String(content)) : 1;
};
