import type { Refusal } from './domain-error.ts';
import { DomainError } from './domain-error.ts';
import type { ExperimentKey } from './experiment.ts';
import type { Instant } from './instant.ts';

export const partitions = ['train', 'validation', 'test', 'predict'] as const;
export type Partition = (typeof partitions)[number];

export const dataHandleStatuses = ['downloading', 'ready', 'failed'] as const;
export type DataHandleStatus = (typeof dataHandleStatuses)[number];

/** What a worker may find wrong with a dataset, while it downloads a handle or reads one for a fit. */
export const dataErrorTypes = [
  'data-changed',
  'data-too-large',
  'invalid-data',
] as const satisfies readonly Refusal[];
export type DataErrorType = (typeof dataErrorTypes)[number];

/** Where a dataset lies, every value an `s3://` URI: one ESF per partition, object prefixes, miscellaneous files. */
export interface Locators {
  readonly train?: string | undefined;
  readonly validation?: string | undefined;
  readonly test?: string | undefined;
  readonly predict?: string | undefined;
  readonly objects?: string | undefined;
  readonly trainObjects?: string | undefined;
  readonly validationObjects?: string | undefined;
  readonly testObjects?: string | undefined;
  readonly predictObjects?: string | undefined;
  readonly misc?: string | undefined;
}

export interface DataHandleSpec {
  readonly locators: Locators;
  readonly downloadColumns: readonly string[];
  /** Share of each partition's rows that is drawn, in (0, 1]. */
  readonly fraction: number;
  readonly seed: number;
}

export interface DataHandleKey extends ExperimentKey {
  readonly dataHandleId: string;
}

/** An immutable, sampled, versioned view of a dataset; its manifest lies at `data/{id}/manifest.json`. */
export interface DataHandle extends DataHandleKey {
  readonly spec: DataHandleSpec;
  readonly status: DataHandleStatus;
  readonly createdAt: Instant;
  /** Selected rows by partition, known once it is ready. */
  readonly rows?: Readonly<Partial<Record<Partition, number>>> | undefined;
  readonly manifestSha256?: string | undefined;
  readonly error?: string | undefined;
  readonly errorType?: DataErrorType | undefined;
}

/** The partition that each operation, or kind of fit, cannot do without, and how it is called. */
const needs = {
  fit: { partition: 'train', what: 'a fit' },
  sha: { partition: 'validation', what: 'SHA, which decides by a metric on it,' },
  test: { partition: 'test', what: 'a test' },
  predict: { partition: 'predict', what: 'a prediction' },
} as const satisfies Record<string, { readonly partition: Partition; readonly what: string }>;

/** Refuses a data handle that an operation of that kind cannot use. */
export const checkUsable = (handle: DataHandle, kind: keyof typeof needs): void => {
  const { dataHandleId, status, spec, error } = handle;
  if (status !== 'ready') {
    const why = status === 'failed' ? `its download failed: ${error}` : 'it is still downloading';
    throw new DomainError(
      'data-handle-not-ready',
      `data handle ${dataHandleId} cannot be used: ${why}`,
      [{ pointer: '/dataHandleId', detail: `is ${status}` }],
    );
  }
  const { partition, what } = needs[kind];
  if (spec.locators[partition] !== undefined) return;
  throw new DomainError(
    'partition-missing',
    `data handle ${dataHandleId} has no ${partition} partition; ${what} needs one`,
    [{ pointer: '/dataHandleId', detail: `lacks the ${partition} partition` }],
  );
};
