import { expect, it } from 'vitest';
import { Ledger } from './ledger.ts';

const call = (action: string, request: object, answer: object = {}) => ({
  caller: 'syncWorker',
  method: 'POST',
  headers: {
    authorization: 'AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/dynamodb/aws4_request, …',
    'x-amz-target': `DynamoDB_20120810.${action}`,
  },
  request: Buffer.from(JSON.stringify(request)),
  answer: Buffer.from(JSON.stringify(answer)),
});

const sized = (bytes: number, more: object = {}) => ({
  pk: { S: 'x'.repeat(bytes - 'pk'.length) },
  ...more,
});

it.each([
  ['a read of nothing', call('GetItem', {}), 1, 0],
  ['4 KB as one', call('GetItem', {}, { Item: sized(4096) }), 1, 0],
  ['a byte more as two', call('GetItem', {}, { Item: sized(4097) }), 2, 0],
  [
    'a batch item by item',
    call('BatchGetItem', {}, { Responses: { t: [sized(9), sized(9)] } }),
    2,
    0,
  ],
  ['a query by its sum', call('Query', {}, { Items: [sized(9), sized(9)] }), 1, 0],
  ['a write by the KB', call('PutItem', { Item: sized(1025) }), 0, 2],
  [
    'a write that is indexed twice',
    call('PutItem', { Item: sized(9, { activePk: { S: 'A' } }) }),
    0,
    2,
  ],
  [
    'a batch of writes',
    call('BatchWriteItem', { RequestItems: { t: [{ PutRequest: { Item: sized(9) } }] } }),
    0,
    1,
  ],
  [
    'a transaction twice',
    call('TransactWriteItems', { TransactItems: [{ Put: { Item: sized(9) } }, { Update: {} }] }),
    0,
    4,
  ],
  [
    'names, numbers, lists and maps',
    call('PutItem', { Item: { list: { L: [{ N: '1' }, { M: { s: { S: 'x'.repeat(1010) } } }] } } }),
    0,
    2,
  ],
])('counts %s', (_, observed, readUnits, writeUnits) => {
  const ledger = new Ledger();
  ledger.observe(observed);
  ledger.observe(observed);
  const [use] = ledger.take();
  expect(use).toMatchObject({ service: 'dynamodb', requests: 2 });
  expect(use).toMatchObject({ readUnits: 2 * readUnits, writeUnits: 2 * writeUnits });
  expect(ledger.take()).toEqual([]);
});
