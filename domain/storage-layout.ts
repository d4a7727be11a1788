import type { ExperimentKey } from './experiment.ts';
import type { Instant } from './instant.ts';

/* Where everything lies in the bucket. Prefixes end in `/`. */

const padded = (n: number, width: number): string => String(n).padStart(width, '0');

export const uploadKey = (workspace: string, path: string): string =>
  `workspaces/${workspace}/uploads/${path}`;

export const experimentPrefix = ({ workspace, experiment }: ExperimentKey): string =>
  `workspaces/${workspace}/experiments/${experiment}/`;

export const codeKey = (key: ExperimentKey, sha256: string): string =>
  `${experimentPrefix(key)}code/${sha256}.py`;

export const manifestKey = (key: ExperimentKey, dataHandleId: string): string =>
  `${experimentPrefix(key)}data/${dataHandleId}/manifest.json`;

const operationPrefix = (key: ExperimentKey, operation: number): string =>
  `${experimentPrefix(key)}operations/${operation}/`;

/** The leaf configs of a fit, a JSON array in run ID order. */
export const configsKey = (key: ExperimentKey, operation: number): string =>
  `${operationPrefix(key, operation)}configs.json`;

export const runPrefix = (key: ExperimentKey, runId: number): string =>
  `${experimentPrefix(key)}runs/${runId}/`;

export const logsPrefix = (key: ExperimentKey): string => `${experimentPrefix(key)}logs/`;

/** One part of the logs; parts sort by the moment they arrived. */
export const logKey = (
  key: ExperimentKey & { operation: number; worker: number },
  arrived: { at: Instant; lease: number; sequence: number },
): string => {
  const source = `${padded(key.operation, 4)}-${padded(key.worker, 4)}`;
  return `${logsPrefix(key)}${padded(Date.parse(arrived.at), 14)}-${source}-${arrived.lease}-${arrived.sequence}.jsonl`;
};

/** The operation a part of the logs belongs to. */
export const operationOfLogKey = (logKey: string): number =>
  Number(logKey.slice(logKey.lastIndexOf('/') + 1).split('-')[1]);
