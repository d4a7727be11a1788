import { expect, it } from 'vitest';
import { billOf, perOne, shareOfGpu } from './cost.ts';
import { costPage } from './cost-page.ts';
import { prices } from './prices.ts';

const use = { caller: 'syncWorker', service: 'dynamodb', action: 'PutItem', requests: 10 };
const work = {
  uses: [
    { ...use, readUnits: 20, writeUnits: 40 },
    { ...use, service: 's3', action: 'PUT', readUnits: 0, writeUnits: 0 },
  ],
  apiRequests: 10,
  invocations: 10,
  transitions: 0,
  traces: 0,
};

it('bills each request once, and what was not asked for not at all', () => {
  const { lines, usd } = billOf(work);
  expect(lines.map(({ service, count }) => [service, count])).toEqual([
    ['API Gateway', 10],
    ['Lambda', 10],
    ['Lambda', 0.5],
    ['DynamoDB', 20],
    ['DynamoDB', 40],
    ['S3', 10],
    ['CloudWatch Logs', expect.closeTo(0.00001, 12)],
  ]);
  const requests = 10 * (prices.httpApiRequest + prices.lambdaRequest + prices.s3Write);
  const units = 20 * prices.dynamoReadUnit + 40 * prices.dynamoWriteUnit;
  const rest = 0.5 * prices.lambdaGbSecond + 0.00001 * prices.logsGb;
  expect(usd).toBeCloseTo(requests + units + rest, 12);
});

it('tells what syncs are of the price of a GPU', () => {
  const sync = perOne(billOf(work), 10);
  expect(shareOfGpu(sync.usd, 'watched')).toBeCloseTo((sync.usd * 3600) / 0.16);
  const done = {
    ...{ seconds: 1, plannedSeconds: 1, workers: 8, syncs: 10, memory: new Map() },
    ...{ orchestration: billOf(work), reporting: billOf(work) },
  };
  const page = costPage({ large: done, runs: 10_000, sync: { one: sync, eight: sync } });
  expect(page).toContain('**list prices** of us-east-1');
  expect(page).toContain(`| one run       | ${(sync.usd * 1e6).toFixed(2)}`);
});
