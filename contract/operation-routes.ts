import * as z from 'zod/mini';
import { logLevels } from './log-line.ts';
import { logResource, operationResource, page, resultResource, runResource } from './resources.ts';
import { route } from './route.ts';
import { digits, experimentPath, inExperiment, inOperation, none, paging } from './route-parts.ts';

export const listOperations = route({
  name: 'listOperations',
  method: 'GET',
  path: `${experimentPath}/operations`,
  summary: 'Lists the experiment’s operations in order',
  access: 'reader',
  params: inExperiment,
  query: z.object(paging),
  body: none,
  answer: page(operationResource),
  statuses: { 200: 'A page of operations' },
  problems: ['experiment-not-found'],
});

export const getOperation = route({
  name: 'getOperation',
  method: 'GET',
  path: `${experimentPath}/operations/{operation}`,
  summary: 'Shows one operation',
  access: 'reader',
  params: inOperation,
  query: none,
  body: none,
  answer: operationResource,
  statuses: { 200: 'The operation' },
  problems: ['operation-not-found'],
});

export const cancelOperation = route({
  name: 'cancelOperation',
  method: 'POST',
  path: `${experimentPath}/operations/{operation}/cancel`,
  summary: 'Cancels an operation (`current`: whatever is active); done when it is `cancelled`',
  access: 'operator',
  params: z.extend(inExperiment, { operation: z.union([digits, z.literal('current')]) }),
  query: none,
  body: none,
  answer: z.object({ cancelled: z.boolean(), operation: z.optional(operationResource) }),
  statuses: { 202: 'Its workers are being stopped', 200: 'There was nothing to cancel' },
  problems: ['experiment-not-found', 'operation-not-found'],
});

export const listRuns = route({
  name: 'listRuns',
  method: 'GET',
  path: `${experimentPath}/runs`,
  summary: 'Lists the experiment’s runs by run ID',
  access: 'reader',
  params: inExperiment,
  query: z.object({ ...paging, operation: z.optional(digits) }),
  body: none,
  answer: page(runResource),
  statuses: { 200: 'A page of runs' },
  problems: ['experiment-not-found'],
});

export const getRun = route({
  name: 'getRun',
  method: 'GET',
  path: `${experimentPath}/runs/{runId}`,
  summary: 'Shows one run',
  access: 'reader',
  params: z.extend(inExperiment, { runId: digits }),
  query: none,
  body: none,
  answer: runResource,
  statuses: { 200: 'The run' },
  problems: ['run-not-found'],
});

export const listResults = route({
  name: 'listResults',
  method: 'GET',
  path: `${experimentPath}/results`,
  summary: 'Lists the results of every finished epoch by run and epoch',
  access: 'reader',
  params: inExperiment,
  query: z.object({ ...paging, runId: z.optional(digits) }),
  body: none,
  answer: page(resultResource),
  statuses: { 200: 'A page of results' },
  problems: ['experiment-not-found', 'run-not-found'],
});

export const listLogs = route({
  name: 'listLogs',
  method: 'GET',
  path: `${experimentPath}/logs`,
  summary:
    'Lists log lines in the order they arrived; a `nextCursor` that stays the same says that there are no more yet',
  access: 'reader',
  params: inExperiment,
  query: z.object({
    cursor: z.optional(z.string()),
    operation: z.optional(digits),
    runId: z.optional(digits),
    /** Lines of this level and above. */
    level: z.optional(z.enum(logLevels)),
  }),
  body: none,
  answer: page(logResource),
  statuses: { 200: 'A page of log lines' },
  problems: ['experiment-not-found', 'operation-not-found', 'run-not-found'],
});
