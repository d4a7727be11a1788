import { startFit as route } from '../../contract/operation-routes.ts';
import { expandConfigGroup } from '../../domain/config-group.ts';
import type { DataHandle } from '../../domain/data-handle.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { OperationRequest } from '../../domain/operation.ts';
import { configsKey } from '../../domain/storage-layout.ts';
import { useCase } from '../use-case.ts';
import { findDataHandle } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';
import type { StartPorts } from './start-operation.ts';
import { startOperation } from './start-operation.ts';

type Ports = StartPorts & Pick<HttpPorts, 'dataHandles' | 'artifacts'>;

export const startFit = useCase(route, async ({ params, body, idempotencyKey }, ports: Ports) => {
  const configs = expandConfigGroup(body.mlConfig, body.seed);
  const { dataHandleId, seed, numChunks, executor, chunkTimeoutSeconds } = body;
  const request = async (experiment: Experiment): Promise<OperationRequest> => {
    checkDataHandle(await findDataHandle({ ...params, dataHandleId }, ports));
    const key = configsKey(params, experiment.lastOperation + 1);
    await ports.artifacts.putText(key, JSON.stringify(configs));
    return {
      kind: 'fit',
      dataHandleId,
      seed,
      numChunks,
      executor,
      chunkTimeoutSeconds,
      firstRunId: experiment.lastRunId + 1,
      runCount: configs.length,
    };
  };
  const operation = await startOperation({ key: params, idempotencyKey, body, request }, ports);
  return { status: 202, body: showOperation(operation) };
});

const checkDataHandle = ({ dataHandleId, status, spec, error }: DataHandle): void => {
  if (status !== 'ready') {
    const why = status === 'failed' ? `its download failed: ${error}` : 'it is still downloading';
    throw new DomainError(
      'data-handle-not-ready',
      `data handle ${dataHandleId} cannot be used: ${why}`,
      [{ pointer: '/dataHandleId', detail: `is ${status}` }],
    );
  }
  if (spec.locators.train === undefined) {
    throw new DomainError(
      'partition-missing',
      `data handle ${dataHandleId} has no train partition; a fit needs one`,
      [{ pointer: '/dataHandleId', detail: 'lacks the train partition' }],
    );
  }
};
