import type { DataHandleSpec } from '../../domain/data-handle.ts';
import type { ExperimentKey } from '../../domain/experiment.ts';
import { readablePlaces } from '../../domain/readable-places.ts';
import { experimentPrefix } from '../../domain/storage-layout.ts';
import type { HttpPorts } from './ports.ts';

/** Refuses URIs that are too long together; no worker could be let at them later. */
export const checkLength = (
  key: ExperimentKey,
  { locators }: DataHandleSpec,
  { bucket, checkScope }: Pick<HttpPorts, 'bucket' | 'checkScope'>,
): void =>
  checkScope({
    sessionName: '',
    bucket,
    prefix: experimentPrefix(key),
    readableUris: readablePlaces({ kind: 'download', dataHandleId: '' }, locators, {
      bucket,
      workspace: key.workspace,
    }),
  });
