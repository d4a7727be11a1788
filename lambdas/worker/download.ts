import type { SyncRequest } from '../../contract/worker-protocol.ts';
import type { DataHandle } from '../../domain/data-handle.ts';
import type { SyncContext } from '../../domain/worker-ports.ts';
import type { WorkerPorts } from './ports.ts';

/** The data handle as a finished download leaves it; `undefined` while there is nothing to tell. */
export const takeInDownload = async (
  { download }: SyncRequest,
  { operation, experiment }: SyncContext,
  { dataHandles }: Pick<WorkerPorts, 'dataHandles'>,
): Promise<DataHandle | undefined> => {
  if (!download || operation.request.kind !== 'download') return undefined;
  const { dataHandleId } = operation.request;
  const handle = await dataHandles.find({ ...experiment, dataHandleId });
  if (handle?.status !== 'downloading') return undefined;
  return { ...handle, ...download };
};
