import type { DataHandleStore, StorageScope } from '../../domain/ports.ts';
import { readablePlaces } from '../../domain/readable-places.ts';
import { experimentPrefix } from '../../domain/storage-layout.ts';
import type { SyncContext } from '../../domain/worker-ports.ts';

/** A worker may write in its experiment, and read what its operation names. */
export const storageScope = async (
  { worker, experiment, operation }: SyncContext,
  bucket: string,
  dataHandles: DataHandleStore,
): Promise<StorageScope> => {
  const { request } = operation;
  const dataHandleId = request.kind === 'end' ? undefined : request.dataHandleId;
  const handle = dataHandleId && (await dataHandles.find({ ...experiment, dataHandleId }));
  const own = { bucket, workspace: experiment.workspace };
  return {
    sessionName: `${experiment.id}-${worker.operation}-${worker.worker}-${worker.lease}`,
    bucket,
    prefix: experimentPrefix(worker),
    readableUris: handle ? readablePlaces(request, handle.spec.locators, own) : [],
  };
};
