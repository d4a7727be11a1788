import type { DataHandle } from '../../domain/data-handle.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Experiment, ExperimentKey } from '../../domain/experiment.ts';
import type { Operation } from '../../domain/operation.ts';
import type { PageRequest } from '../../domain/ports.ts';
import type { Run } from '../../domain/run.ts';
import type { HttpPorts } from './ports.ts';

/* Finds what a path names, or refuses with a sentence that names it. */

export const findExperiment = async (
  key: ExperimentKey,
  { experiments }: Pick<HttpPorts, 'experiments'>,
): Promise<Experiment> => {
  const found = await experiments.find(key);
  if (found) return found;
  throw new DomainError(
    'experiment-not-found',
    `there is no experiment ${key.experiment} in workspace ${key.workspace}`,
  );
};

/** The experiment, provided that operations may still start in it. */
export const findAliveExperiment = async (
  key: ExperimentKey,
  ports: Pick<HttpPorts, 'experiments'>,
): Promise<Experiment> => {
  const found = await findExperiment(key, ports);
  if (found.status === 'alive') return found;
  throw new DomainError(
    'experiment-ended',
    `experiment ${key.experiment} ended at ${found.endedAt}; create a new one`,
  );
};

export const findOperation = async (
  key: ExperimentKey & { readonly operation: number },
  { operations }: Pick<HttpPorts, 'operations'>,
): Promise<Operation> => {
  const found = await operations.find(key);
  if (found) return found;
  throw new DomainError(
    'operation-not-found',
    `experiment ${key.experiment} has no operation ${key.operation}`,
  );
};

export const findDataHandle = async (
  key: ExperimentKey & { readonly dataHandleId: string },
  { dataHandles }: Pick<HttpPorts, 'dataHandles'>,
): Promise<DataHandle> => {
  const found = await dataHandles.find(key);
  if (found) return found;
  throw new DomainError(
    'data-handle-not-found',
    `experiment ${key.experiment} has no data handle ${key.dataHandleId}; download() it first`,
  );
};

export const findRun = async (
  key: ExperimentKey & { readonly runId: number },
  { runs }: Pick<HttpPorts, 'runs'>,
): Promise<Run> => {
  const found = await runs.find(key);
  if (found) return found;
  throw new DomainError('run-not-found', `experiment ${key.experiment} has no run ${key.runId}`);
};

const defaultLimit = 100;
const maxLimit = 10_000;

/** Lambda takes 6 MB of an answer; the rest is for what stands around the items. */
const maxBytes = 5_000_000;

/** `?limit=` and `?cursor=` as the stores take them. */
export const pageRequest = (query: {
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}): PageRequest => ({
  limit: Math.min(Number(query.limit ?? defaultLimit), maxLimit),
  maxBytes,
  cursor: query.cursor,
});
