import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { logger } from './logger.ts';
import { tracing } from './tracing.ts';

const metrics = /* @__PURE__ */ new Metrics();

/** Logs, metrics and traces of one function, alike for all. What it answers is not put into traces. */
export const telemetry = (useCase: string) => [
  injectLambdaContext(logger, { resetKeys: true }),
  logMetrics(metrics.addDimension('useCase', useCase), { captureColdStartMetric: true }),
  ...tracing(),
];
