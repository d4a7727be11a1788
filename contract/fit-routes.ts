import * as z from 'zod/mini';
import { executors } from '../domain/operation.ts';
import type { OperationResource } from './resources.ts';
import { fitPlanResource, operationResource } from './resources.ts';
import { route } from './route.ts';
import { experimentPath, inExperiment, none } from './route-parts.ts';
import { dataHandleId } from './shapes.ts';

/** A budget of more is none. */
const positiveAmount = z.number().check(z.gt(0), z.lte(1_000_000));

const budget = z
  .strictObject({ gpuHours: z.optional(positiveAmount), usd: z.optional(positiveAmount) })
  .check(
    z.refine(({ gpuHours, usd }) => (gpuHours === undefined) !== (usd === undefined), {
      error: 'must have either gpuHours or usd',
    }),
  );

/** What is trained and how, besides the data. */
export const training = {
  mlConfig: z.unknown(),
  seed: z._default(z.int().check(z.gte(0), z.lte(4_294_967_295)), 42),
  numChunks: z.optional(z.int().check(z.gte(1), z.lte(10_000))),
  executor: z._default(z.enum(executors), 'auto'),
  maxWorkers: z.optional(z.int().check(z.gte(1))),
  chunkTimeoutSeconds: z._default(z.number().check(z.gt(0), z.lte(86_400)), 1800),
  budget: z.optional(budget),
};

export const startFit = route({
  name: 'startFit',
  method: 'POST',
  path: `${experimentPath}/fits`,
  summary: 'Trains a config, a config group, or a list of them; with `dryRun` only plans it',
  access: 'operator',
  params: inExperiment,
  query: none,
  body: z.strictObject({
    dataHandleId,
    ...training,
    dryRun: z._default(z.boolean(), false),
  }),
  answer: z.union([operationResource, fitPlanResource]),
  statuses: { 202: 'The fit is accepted', 200: 'A dry run: what the fit would do' },
  problems: [
    'experiment-not-found',
    'experiment-ended',
    'data-handle-not-found',
    'data-handle-not-ready',
    'partition-missing',
    'invalid-config',
    'operation-in-progress',
    'idempotency-key-reused',
  ],
  idempotent: true,
});

/** The operation that a call started. A dry run starts none, so whoever asked for one is not to ask here. */
export const startedFit = ({
  body,
}: {
  readonly body: z.infer<typeof startFit.answer>;
}): OperationResource => {
  if ('operation' in body) return body;
  throw new Error('a dry run starts no operation');
};
