import { countedAssembly } from './api/counted-assembly.ts';
import { withCountingProxy } from './api/counting-proxy.ts';
import { countDatabaseCalls, type DatabaseCalls } from './api/database-calls.ts';
import { type Latency, measureLatencies } from './api/latency.ts';
import { digitsConfig, digitsMaterial, writeDigits } from './digits.ts';
import { onFreshStack, userOf } from './embedded-stack.ts';
import type { Figure, Measured } from './figure.ts';
import { progress } from './progress.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/* What a warm call of the API takes on the embedded stack, and how often it asks DynamoDB. */

const slots = 2;
const mostMs = 40;
const mostCalls = 3;

/** 16 runs, each with a result of two epochs. */
const configs = Array.from({ length: 16 }, (_, i) =>
  digitsConfig({ width: 16, lr: 0.001 * (i + 1), epochs: 2 }),
);

export const measureApi = (): Promise<Measured> =>
  inTemporaryFolder(async (folder) => {
    await writeDigits(folder);
    const latencies = await latenciesOn(folder);
    const calls = await callsOn(folder);
    return {
      figures: [latencyFigure(latencies), callsFigure(calls)],
      details: [
        {
          title: 'Warm API calls, one at a time',
          header: ['Route', 'Calls', 'p50, ms', 'p95, ms'],
          rows: latencies.map(({ route, calls, p50Ms, p95Ms }) => [
            route,
            String(calls),
            p50Ms.toFixed(1),
            p95Ms.toFixed(1),
          ]),
        },
        {
          title: 'DynamoDB calls per request',
          header: ['Route', 'Calls'],
          rows: calls.map(({ route, perRequest }) => [
            route,
            String(Number(perRequest.toFixed(2))),
          ]),
        },
      ],
    };
  });

const latenciesOn = (folder: string) =>
  onFreshStack({ slots }, async (stack) => {
    const user = userOf(stack);
    const trial = await user.prepare(digitsMaterial(folder));
    const latencies = await measureLatencies(user, trial, configs);
    for (const { route, p50Ms, p95Ms } of latencies)
      progress(`  ${route}: p50 ${p50Ms.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)} ms`);
    return latencies;
  });

const callsOn = (folder: string) =>
  withCountingProxy(async ({ url, calls, forwardTo }) => {
    const assembly = await countedAssembly(folder, { maxWorkers: slots, url });
    return onFreshStack({ slots, assembly }, async (stack) => {
      forwardTo(stack.endpoint);
      return countDatabaseCalls({
        stack,
        material: digitsMaterial(folder),
        configs,
        counts: calls,
      });
    });
  });

const latencyFigure = (latencies: readonly Latency[]): Figure => {
  const slowest = latencies.reduce((a, b) => (b.p50Ms > a.p50Ms ? b : a));
  return {
    what: `Warm API call on the embedded stack, p50 of the slowest of ${latencies.length} routes`,
    value: slowest.p50Ms,
    unit: 'ms',
    target: { atMost: mostMs },
    from: `${slowest.route}, p95 ${slowest.p95Ms.toFixed(1)} ms`,
    why: `${latencies
      .filter(({ p50Ms }) => p50Ms > mostMs)
      .map(({ route, p50Ms }) => `${route} takes ${p50Ms.toFixed(1)} ms`)
      .join(
        ', ',
      )}; the others stay below ${mostMs} ms. A call takes API Gateway, its function, and one after the other what that asks of AWS: for startFit two reads, the configs to S3, a transaction and StartExecution.`,
  };
};

const callsFigure = (calls: readonly DatabaseCalls[]): Figure => {
  const most = calls.reduce((a, b) => (b.perRequest > a.perRequest ? b : a));
  return {
    what: `DynamoDB calls per request, most of ${calls.length} routes`,
    value: most.perRequest,
    unit: 'calls',
    target: { atMost: mostCalls },
    from: most.route,
    why: `${calls
      .filter(({ perRequest }) => perRequest > mostCalls)
      .map(({ route, perRequest }) => `${route} makes ${Number(perRequest.toFixed(2))}`)
      .join(', ')}; the other routes stay within ${mostCalls}.`,
  };
};
