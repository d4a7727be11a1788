import type { Use } from './ledger.ts';
import { prices } from './prices.ts';

/** What some work asked of AWS, as it is billed. */
export interface Bill {
  readonly lines: readonly Line[];
  readonly usd: number;
}

export interface Line {
  readonly service: string;
  readonly what: string;
  readonly count: number;
  readonly usd: number;
}

export interface Work {
  readonly uses: readonly Use[];
  readonly apiRequests: number;
  readonly invocations: number;
  readonly transitions: number;
  /** X-Ray's at most; it records one a second and one in twenty beyond. */
  readonly traces: number;
}

/** What a function takes to answer, more than any here does when it is warm, and its memory. */
const answer = { seconds: 0.05, gigabytes: 1 } as const;

/** The lines of one invocation in its log: start, end, report, and one of our own. */
const logGbPerInvocation = 1e-6;

export const billOf = (work: Work): Bill => {
  const sum = (of: (use: Use) => number) => work.uses.reduce((total, use) => total + of(use), 0);
  const s3 = (isRead: boolean) =>
    sum(({ service, action, requests }) =>
      service === 's3' && /^(GET|HEAD)$/.test(action) === isRead ? requests : 0,
    );
  const gbSeconds = work.invocations * answer.seconds * answer.gigabytes;
  const lines = [
    line('API Gateway', 'HTTP API requests', work.apiRequests, prices.httpApiRequest),
    line('Lambda', 'invocations', work.invocations, prices.lambdaRequest),
    line('Lambda', 'GB-seconds', gbSeconds, prices.lambdaGbSecond),
    line('Step Functions', 'state transitions', work.transitions, prices.stateTransition),
    line(
      'DynamoDB',
      'read units',
      sum((use) => use.readUnits),
      prices.dynamoReadUnit,
    ),
    line(
      'DynamoDB',
      'write units',
      sum((use) => use.writeUnits),
      prices.dynamoWriteUnit,
    ),
    line('S3', 'PUT and LIST requests', s3(false), prices.s3Write),
    line('S3', 'GET requests', s3(true), prices.s3Read),
    line('CloudWatch Logs', 'GB', work.invocations * logGbPerInvocation, prices.logsGb),
    line('X-Ray', 'traces', work.traces, prices.xRayTrace),
  ].filter(({ count }) => count > 0);
  return { lines, usd: lines.reduce((total, { usd }) => total + usd, 0) };
};

const line = (service: string, what: string, count: number, price: number): Line => ({
  service,
  what,
  count,
  usd: count * price,
});

/** What one of `count` equal pieces of the work costs. */
export const perOne = (bill: Bill, count: number): Bill => ({
  lines: bill.lines.map((one) => ({ ...one, count: one.count / count, usd: one.usd / count })),
  usd: bill.usd / count,
});

export const syncsPerHour = { watched: 3600, unwatched: 240 } as const;

/** What syncs cost in an hour of a worker, as a share of the hour of the cheapest GPU. */
export const shareOfGpu = (usdPerSync: number, watching: keyof typeof syncsPerHour): number =>
  (usdPerSync * syncsPerHour[watching]) / prices.cheapestGpuHour;
