import type { WorkerKey } from './worker.ts';

/* A worker's token names its worker, so that a sync finds it in one read, and ends in a secret. */

/** The token of a worker with a fresh secret. */
export const workerToken = (
  { workspace, experiment, operation, worker }: WorkerKey,
  secret: string,
): string => `${[workspace, experiment, operation, worker].join('~')}~${secret}`;

const pattern =
  /^(?<workspace>[a-z0-9-]{1,32})~(?<experiment>[\w.-]{1,80})~(?<operation>\d{1,6})~(?<worker>\d{1,6})~[\w-]{20,}$/;

/** The worker a token speaks for; `undefined` when it is no worker's token. */
export const workerOfToken = (token: string): WorkerKey | undefined => {
  const named = pattern.exec(token)?.groups;
  const { workspace, experiment, operation, worker } = named ?? {};
  if (workspace === undefined || experiment === undefined) return undefined;
  return { workspace, experiment, operation: Number(operation), worker: Number(worker) };
};
