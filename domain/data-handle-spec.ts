import type { DataHandleSpec } from './data-handle.ts';
import { partitions } from './data-handle.ts';
import type { Fault } from './domain-error.ts';
import { DomainError } from './domain-error.ts';

/** Refuses a data handle that no download could make good (contract §4). */
export const checkDataHandleSpec = ({ locators, fraction }: DataHandleSpec): void => {
  const faults: Fault[] = [];
  if (!partitions.some((partition) => locators[partition])) {
    faults.push({ pointer: '/locators', detail: `name at least one of ${partitions.join(', ')}` });
  }
  if (!(fraction > 0 && fraction <= 1)) {
    faults.push({ pointer: '/fraction', detail: 'must be above 0 and at most 1' });
  }
  if (faults.length === 0) return;
  throw new DomainError(
    'invalid-request',
    'the data handle cannot be downloaded as it stands',
    faults,
  );
};
