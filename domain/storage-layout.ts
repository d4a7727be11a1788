import type { ExperimentKey } from './experiment.ts';
import type { Instant } from './instant.ts';

/* Where everything lies in the bucket. Prefixes end in `/`. */

const padded = (n: number, width: number): string => String(n).padStart(width, '0');

export const workspacePrefix = (workspace: string): string => `workspaces/${workspace}/`;

export const uploadKey = (workspace: string, path: string): string =>
  `${workspacePrefix(workspace)}uploads/${path}`;

export const experimentPrefix = ({ workspace, experiment }: ExperimentKey): string =>
  `${workspacePrefix(workspace)}experiments/${experiment}/`;

export const codeKey = (key: ExperimentKey, sha256: string): string =>
  `${experimentPrefix(key)}code/${sha256}.py`;

export const manifestKey = (key: ExperimentKey, dataHandleId: string): string =>
  `${experimentPrefix(key)}data/${dataHandleId}/manifest.json`;

const operationPrefix = (key: ExperimentKey, operation: number): string =>
  `${experimentPrefix(key)}operations/${operation}/`;

/**
 * The leaf configs of a fit, one JSON object a line, in run ID order. Of fits that race for one operation's number
 * each has a file of its own, so that the one which starts trains what it was asked to.
 */
export const configsKey = (key: ExperimentKey, operation: number, sha256: string): string =>
  `${operationPrefix(key, operation)}configs-${sha256}.jsonl`;

/** What an attempt of an operation's worker writes; a fenced one overwrites nothing of the next. */
export const attemptPrefix = (key: ExperimentKey, operation: number, lease: number): string =>
  `${operationPrefix(key, operation)}lease-${lease}/`;

/**
 * The values of a set of secrets, a JSON object by name. It lies outside of the experiment's prefix, which
 * workers may read and whose objects are saved as artifacts.
 */
export const secretsKey = ({ workspace, experiment }: ExperimentKey, set: string): string =>
  `secrets/${workspace}/${experiment}/${set}.json`;

/** Where `end` may save artifacts in our own bucket; no worker can reach it. */
export const savedArtifactsPrefix = (workspace: string): string => `artifacts/${workspace}/`;

/** A file made for one caller, removed after a day. */
export const exportKey = (name: string): string => `exports/${name}`;

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

/** What the key of a part of the logs tells. */
export interface LogPart {
  /** The key without the logs' prefix. */
  readonly name: string;
  readonly arrivedMs: number;
  readonly operation: number;
  readonly worker: number;
  readonly lease: number;
  readonly sequence: number;
}

export const logPartOf = (key: string): LogPart => {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const [arrivedMs = 0, operation = 0, worker = 0, lease = 0, sequence = 0] = name
    .replace('.jsonl', '')
    .split('-')
    .map(Number);
  return { name, arrivedMs, operation, worker, lease, sequence };
};

/** Sorts before every part that arrived at or after a moment. */
export const logNameFrom = (at: Instant, earlierMs: number): string =>
  padded(Math.max(0, Date.parse(at) - earlierMs), 14);

/** A schedule's template as it was at one time, secrets included; no worker can reach it. */
export const templateKey = (
  { workspace, schedule }: { readonly workspace: string; readonly schedule: string },
  sha256: string,
): string => `schedules/${workspace}/${schedule}/${sha256}.json`;
