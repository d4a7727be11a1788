import type { Locators, Partition } from './data-handle.ts';
import { partitions } from './data-handle.ts';
import type { OperationKind, OperationRequest } from './operation.ts';
import { parseS3Uri } from './s3-uri.ts';
import { workspacePrefix } from './storage-layout.ts';

/** The partitions that each kind of operation reads. */
const partitionsOf: Record<OperationKind, readonly Partition[]> = {
  fit: ['train', 'validation'],
  test: ['test'],
  predict: ['predict'],
  download: partitions,
  end: [],
};

/**
 * What a worker may read besides its experiment: the data and the model file that its operation names.
 * In our own bucket these are only its workspace's.
 */
export const readablePlaces = (
  request: OperationRequest,
  locators: Locators,
  own: { readonly bucket: string; readonly workspace: string },
): readonly string[] =>
  [...placesOf(locators, partitionsOf[request.kind]), ...modelFile(request)].filter(
    (uri) => !isForeign(uri, own),
  );

/** An ESF is one object; objects and miscellaneous files lie under prefixes, which end in `/`. */
const placesOf = (locators: Locators, wanted: readonly Partition[]): readonly string[] => {
  const tables = wanted.map((partition) => locators[partition]);
  const prefixes = [
    locators.objects,
    ...wanted.map((partition) => locators[`${partition}Objects`]),
    locators.misc,
  ].map((uri) => uri?.replace(/\/*$/, '/'));
  return [...tables, ...prefixes].filter((uri) => uri !== undefined);
};

/** A run's checkpoint lies in its experiment. */
const modelFile = (request: OperationRequest): readonly string[] =>
  'model' in request && request.model.kind === 'tag' ? [request.model.uri] : [];

const isForeign = (
  uri: string,
  { bucket, workspace }: { readonly bucket: string; readonly workspace: string },
): boolean => {
  const place = parseS3Uri(uri);
  return place?.bucket === bucket && !place.key.startsWith(workspacePrefix(workspace));
};
