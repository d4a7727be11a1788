import * as z from 'zod/mini';
import { operationResource } from './resources.ts';
import { route } from './route.ts';
import { experimentPath, inExperiment, inOperation, none } from './route-parts.ts';
import { dataHandleId, instant, runId } from './shapes.ts';

/** Either `runId` (and `epochCheckpoint`), or `modelTag` together with `config`. */
const inferenceBody = z.strictObject({
  dataHandleId,
  runId: z.optional(runId),
  /** `s3://` URI of a checkpoint: safetensors, or what `torch.load` reads with `weights_only=True`. */
  modelTag: z.optional(z.string()),
  /** Knobs of the code and `named_metrics`, one value each. */
  config: z.optional(z.unknown()),
  epochCheckpoint: z.optional(z.int()),
  /** Examples per batch and GPU. */
  batchSize: z._default(z.int().check(z.gte(1), z.lte(1_000_000)), 64),
});

const problems = [
  'experiment-not-found',
  'experiment-ended',
  'data-handle-not-found',
  'data-handle-not-ready',
  'partition-missing',
  'pathway-ambiguous',
  'run-not-found',
  'no-checkpoint',
  'epoch-checkpoint-not-applicable',
  'epoch-checkpoints-disabled',
  'invalid-config',
  'invalid-model-tag',
  'operation-in-progress',
  'idempotency-key-reused',
] as const;

export const startTest = route({
  name: 'startTest',
  method: 'POST',
  path: `${experimentPath}/tests`,
  summary: 'Tests a trained model on the data handle’s test partition',
  access: 'operator',
  params: inExperiment,
  query: none,
  body: inferenceBody,
  answer: operationResource,
  statuses: { 202: 'The test is accepted; `model` says which checkpoint it uses' },
  problems,
  idempotent: true,
});

export const startPrediction = route({
  name: 'startPrediction',
  method: 'POST',
  path: `${experimentPath}/predictions`,
  summary: 'Predicts with a trained model on the data handle’s predict partition',
  access: 'operator',
  params: inExperiment,
  query: none,
  body: inferenceBody,
  answer: operationResource,
  statuses: { 202: 'The prediction is accepted; `model` says which checkpoint it uses' },
  problems,
  idempotent: true,
});

export const getPredictions = route({
  name: 'getPredictions',
  method: 'GET',
  path: `${experimentPath}/operations/{operation}/predictions`,
  summary: 'Gives a short-lived URL of a prediction’s file',
  access: 'reader',
  params: inOperation,
  query: none,
  body: none,
  answer: z.object({
    fileName: z.string(),
    uri: z.string(),
    /** Where the file can be read, by whoever has the URL, until `expiresAt`. */
    url: z.string(),
    expiresAt: instant,
  }),
  statuses: { 200: 'Where the file is' },
  problems: ['operation-not-found', 'no-predictions'],
});
