import { Table } from 'dynamodb-toolbox/table';
import type { ExperimentKey } from '../domain/experiment.ts';

/* How items are named in the one table; `docs/data-model.md` says which access needs which key. */

export const table = new Table({
  partitionKey: { name: 'pk', type: 'string' },
  sortKey: { name: 'sk', type: 'string' },
});

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** Runs that share a partition, and whose epochs share another; thousands that report at once are spread. */
export const runsPerBucket = 256;

/** Zero-padded, so that the order of sort keys is the order of numbers. */
export const padded = (n: number, width: number): string => String(n).padStart(width, '0');

export const workspacePartition = (workspace: string): string => `WS#${workspace}`;

export const experimentPartition = ({ workspace, experiment }: ExperimentKey): string =>
  `WS#${workspace}#EXP#${experiment}`;

export const operationPartition = (key: ExperimentKey & { readonly operation: number }): string =>
  `${experimentPartition(key)}#OPERATION#${padded(key.operation, 6)}`;

export const bucketOf = (runId: number): number => Math.floor((runId - 1) / runsPerBucket);

export const runsPartition = (key: ExperimentKey, bucket: number): string =>
  `${experimentPartition(key)}#RUNS#${padded(bucket, 5)}`;

export const epochsPartition = (key: ExperimentKey, bucket: number): string =>
  `${experimentPartition(key)}#EPOCHS#${padded(bucket, 5)}`;
