import type { DataHandleSpec, Partition } from './data-handle.ts';
import { partitions } from './data-handle.ts';
import type { Fault } from './domain-error.ts';
import { DomainError } from './domain-error.ts';

/**
 * Refuses a data handle that no download could make good (contract §4): what the call alone tells. What
 * only the data tell fails the download.
 */
export const checkDataHandleSpec = (spec: DataHandleSpec): void => {
  const faults = [
    ...partitionFaults(spec),
    ...fractionFaults(spec),
    ...columnFaults(spec),
    ...prefixFaults(spec),
  ];
  const [first] = faults;
  if (!first) return;
  throw new DomainError(
    'invalid-request',
    `the data handle cannot be downloaded as it stands: ${first.pointer} ${first.detail}`,
    faults,
  );
};

const partitionFaults = ({ locators }: DataHandleSpec): readonly Fault[] => {
  const named = partitions.filter((partition) => locators[partition] !== undefined);
  if (named.length === 0) {
    return [{ pointer: '/locators', detail: `must name at least one of ${partitions.join(', ')}` }];
  }
  return named
    .filter((partition) => locators[partition]?.endsWith('/'))
    .map((partition) => ({
      pointer: `/locators/${partition}`,
      detail: 'must name one CSV or Parquet file, not a prefix',
    }));
};

const fractionFaults = ({ fraction }: DataHandleSpec): readonly Fault[] =>
  fraction > 0 && fraction <= 1
    ? []
    : [{ pointer: '/fraction', detail: `must be above 0 and at most 1, not ${fraction}` }];

const columnFaults = ({ downloadColumns }: DataHandleSpec): readonly Fault[] =>
  downloadColumns.flatMap((column, i) => {
    const pointer = `/downloadColumns/${i}`;
    if (column === 'id') return [{ pointer, detail: 'names the ids, which are no paths' }];
    if (downloadColumns.indexOf(column) < i) return [{ pointer, detail: 'is named twice' }];
    return [];
  });

/** Rows to predict may lack columns of objects, so the download looks at them. */
const mayLackObjects: readonly Partition[] = ['predict'];

const prefixFaults = ({ locators, downloadColumns }: DataHandleSpec): readonly Fault[] => {
  if (downloadColumns.length === 0 || locators.objects !== undefined) return [];
  return partitions
    .filter((partition) => locators[partition] !== undefined && !mayLackObjects.includes(partition))
    .filter((partition) => locators[`${partition}Objects`] === undefined)
    .map((partition) => ({
      pointer: `/locators/${partition}Objects`,
      detail: `must say where the objects of ${partition} lie, as downloadColumns names some; or give objects`,
    }));
};
