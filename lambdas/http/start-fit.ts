import { startFit as route } from '../../contract/operation-routes.ts';
import { asJson } from '../../domain/config.ts';
import { expandConfigGroup } from '../../domain/config-group.ts';
import { checkUsable } from '../../domain/data-handle.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { OperationRequest } from '../../domain/operation.ts';
import { hideSecrets, setSecretsAside } from '../../domain/secrets.ts';
import { configsKey, secretsKey } from '../../domain/storage-layout.ts';
import { useCase } from '../use-case.ts';
import { findDataHandle } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';
import type { StartPorts } from './start-operation.ts';
import { startOperation } from './start-operation.ts';

type Ports = StartPorts & Pick<HttpPorts, 'dataHandles' | 'artifacts' | 'entropy'>;

export const startFit = useCase(route, async ({ params, body, idempotencyKey }, ports: Ports) => {
  const set = ports.entropy.id(16);
  const { config: mlConfig, secrets } = setSecretsAside(asJson(body.mlConfig), set);
  const configs = expandConfigGroup(mlConfig, body.seed);
  const { dataHandleId, seed, numChunks, executor, chunkTimeoutSeconds } = body;
  const request = async (experiment: Experiment): Promise<OperationRequest> => {
    checkUsable(await findDataHandle({ ...params, dataHandleId }, ports), 'fit');
    const key = configsKey(params, experiment.lastOperation + 1);
    await ports.artifacts.putText(key, JSON.stringify(configs));
    if (Object.keys(secrets).length > 0) {
      await ports.artifacts.putText(secretsKey(params, set), JSON.stringify(secrets));
    }
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
  // A hash of the secrets themselves would let whoever reads it try them out.
  const asked = { ...body, mlConfig: hideSecrets(mlConfig) };
  const operation = await startOperation(
    { key: params, idempotencyKey, body: asked, request },
    ports,
  );
  return { status: 202, body: showOperation(operation) };
});
