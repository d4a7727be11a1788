import type { Locators } from '../../domain/data-handle.ts';
import type { DataHandleStore, StorageScope, SyncContext } from '../../domain/ports.ts';
import { experimentPrefix } from '../../domain/storage-layout.ts';

const prefixLocators = [
  'objects',
  'trainObjects',
  'validationObjects',
  'testObjects',
  'predictObjects',
  'misc',
] as const satisfies readonly (keyof Locators)[];

/** A worker may write in its experiment, and read what its data handle names. */
export const storageScope = async (
  { worker, experiment, operation }: SyncContext,
  bucket: string,
  dataHandles: DataHandleStore,
): Promise<StorageScope> => {
  const { request } = operation;
  const dataHandleId = request.kind === 'end' ? undefined : request.dataHandleId;
  const handle = dataHandleId && (await dataHandles.find({ ...experiment, dataHandleId }));
  return {
    sessionName: `${experiment.id}-${worker.operation}-${worker.worker}-${worker.lease}`,
    bucket,
    prefix: experimentPrefix(worker),
    readableUris: handle ? readableUris(handle.spec.locators) : [],
  };
};

/** An ESF is one object; objects and miscellaneous files lie under prefixes, which end in `/`. */
const readableUris = (locators: Locators): string[] => {
  const prefixes = prefixLocators.flatMap((name) => locators[name]?.replace(/\/*$/, '/') ?? []);
  const { train, validation, test, predict } = locators;
  return [...[train, validation, test, predict].flatMap((uri) => uri ?? []), ...prefixes];
};
