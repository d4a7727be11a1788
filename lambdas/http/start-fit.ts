import { startFit as route } from '../../contract/operation-routes.ts';
import { expandConfigGroup } from '../../domain/config-group.ts';
import { checkUsable } from '../../domain/data-handle.ts';
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
    checkUsable(await findDataHandle({ ...params, dataHandleId }, ports), 'fit');
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
