import type { SyncRequest } from '../../contract/worker-protocol.ts';
import type { Inference, InferenceReport, InferenceRequest } from '../../domain/inference.ts';
import { hearInference, loseInference } from '../../domain/inference.ts';
import { predictionsFileName } from '../../domain/inference-model.ts';
import type { Operation } from '../../domain/operation.ts';
import { isInference } from '../../domain/operation.ts';
import { attemptPrefix } from '../../domain/storage-layout.ts';
import type { Worker } from '../../domain/worker.ts';

type Told = NonNullable<SyncRequest['inference']>;

/** Where this attempt of a worker writes its prediction. */
export const predictionsKey = (worker: Worker, request: InferenceRequest): string =>
  attemptPrefix(worker, worker.operation, worker.lease) + predictionsFileName(request.model);

/** The worker's inference after a sync that brings `told`. */
export const takeInInference = (
  worker: Worker,
  told: Told | undefined,
  {
    operation,
    bucket,
    lost,
  }: {
    readonly operation: Operation;
    readonly bucket: string;
    /** Why the attempt before this one was lost, if it was. */
    readonly lost: string | undefined;
  },
): Inference | undefined => {
  const { inference } = worker;
  if (!inference || !isInference(operation.request)) return undefined;
  const before = lost === undefined ? inference : loseInference(inference, lost);
  if (!told) return before;
  const uri = `s3://${bucket}/${predictionsKey(worker, operation.request)}`;
  return hearInference(before, reportOf(told, uri, operation.request));
};

const reportOf = (told: Told, uri: string, { model }: InferenceRequest): InferenceReport => ({
  ...told,
  metrics: told.metrics && Object.fromEntries(told.metrics.map(({ name, value }) => [name, value])),
  // The worker says what is in its file, not where that lies.
  predictions: told.predictions && {
    ...told.predictions,
    fileName: predictionsFileName(model),
    uri,
  },
});
