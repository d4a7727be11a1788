import type { SyncAnswer } from '../../contract/worker-protocol.ts';
import type { DataHandle } from '../../domain/data-handle.ts';
import type { Operation } from '../../domain/operation.ts';
import { isInference } from '../../domain/operation.ts';
import { codeKey, experimentPrefix, manifestKey } from '../../domain/storage-layout.ts';
import type { Worker } from '../../domain/worker.ts';
import type { SyncContext } from '../../domain/worker-ports.ts';
import { predictionsKey } from './inference.ts';
import type { WorkerPorts } from './ports.ts';
import { secretsFor } from './secrets.ts';

type Assignment = NonNullable<SyncAnswer['assignment']>;

/** Seconds of training that a lost worker may cost a run. */
const checkpointIntervalSeconds = 60;

/** What the whole worker is for. */
export const assignmentOf = async (
  { worker, experiment, operation }: SyncContext,
  { artifacts, dataHandles }: Pick<WorkerPorts, 'artifacts' | 'dataHandles'>,
): Promise<Assignment> => {
  const { request } = operation;
  if (request.kind === 'end') throw new Error('an end operation has no workers');
  const { dataHandleId } = request;
  const handle = await dataHandles.find({ ...experiment, dataHandleId });
  if (!handle) throw new Error(`data handle ${dataHandleId} is gone`);
  return {
    kind: request.kind,
    workspace: worker.workspace,
    experiment: worker.experiment,
    operation: worker.operation,
    worker: worker.worker,
    lease: worker.lease,
    bucket: artifacts.bucket,
    prefix: experimentPrefix(worker),
    mlSpec: { ...experiment.mlSpec, key: codeKey(worker, experiment.mlSpec.sha256) },
    epochCheckpoints: experiment.epochCheckpoints,
    dataHandle: showHandle(handle),
    fit: showFit(operation),
    inference: await showInference(operation, worker, { artifacts }),
  };
};

const showHandle = (handle: DataHandle): Assignment['dataHandle'] => ({
  dataHandleId: handle.dataHandleId,
  locators: handle.spec.locators,
  downloadColumns: [...handle.spec.downloadColumns],
  fraction: handle.spec.fraction,
  seed: handle.spec.seed,
  manifestKey: manifestKey(handle, handle.dataHandleId),
  manifestSha256: handle.manifestSha256,
});

const showFit = ({ request }: Operation): Assignment['fit'] => {
  if (request.kind !== 'fit') return undefined;
  const { seed, numChunks, executor, chunkTimeoutSeconds } = request;
  return { seed, numChunks, executor, chunkTimeoutSeconds, checkpointIntervalSeconds };
};

const showInference = async (
  { request }: Operation,
  worker: Worker,
  ports: Pick<WorkerPorts, 'artifacts'>,
): Promise<Assignment['inference']> => {
  if (!isInference(request)) return undefined;
  const { batchSize, model } = request;
  const { kind, uri, config } = model;
  const secretsOf = await secretsFor(worker, [model], ports);
  return {
    model: { kind, uri, runId: model.kind === 'run' ? model.runId : undefined },
    config: { ...config },
    ...secretsOf(model),
    batchSize,
    predictionsKey: request.kind === 'predict' ? predictionsKey(worker, request) : undefined,
  };
};
