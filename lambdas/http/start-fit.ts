import { startFit as route } from '../../contract/fit-routes.ts';
import type { Call } from '../../contract/route.ts';
import { budgetOf } from '../../domain/budget.ts';
import { asJson } from '../../domain/config.ts';
import { expandConfigGroup } from '../../domain/config-group.ts';
import type { DataHandle } from '../../domain/data-handle.ts';
import { checkUsable } from '../../domain/data-handle.ts';
import type { ExpandedGroup } from '../../domain/expanded-group.ts';
import { bracketsFrom } from '../../domain/expanded-group.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { FitRequest } from '../../domain/operation.ts';
import { workersFor } from '../../domain/packing.ts';
import { hideSecrets, setSecretsAside } from '../../domain/secrets.ts';
import { configsKey } from '../../domain/storage-layout.ts';
import { sha256 } from '../token.ts';
import { useCase } from '../use-case.ts';
import { findAliveExperiment, findDataHandle } from './look-up.ts';
import { planFit } from './plan-fit.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';
import type { StartPorts } from './start-operation.ts';
import { startOperation } from './start-operation.ts';

type Ports = StartPorts &
  Pick<
    HttpPorts,
    'dataHandles' | 'artifacts' | 'secrets' | 'runs' | 'entropy' | 'maxWorkers' | 'gpuHourUsd'
  >;

export const startFit = useCase(route, async ({ params, body, idempotencyKey }, ports: Ports) => {
  const set = ports.entropy.id(16);
  const { config: mlConfig, secrets } = setSecretsAside(asJson(body.mlConfig), set);
  const group = expandConfigGroup(mlConfig, body.seed);
  const budget = body.budget && budgetOf(body.budget, ports.gpuHourUsd);
  const maxWorkers = workersFor(body.maxWorkers, ports.maxWorkers);
  if (body.dryRun) {
    const experiment = await findAliveExperiment(params, ports);
    checkDataHandle(await findDataHandle({ ...params, ...body }, ports), group);
    return { status: 200, body: await planFit(experiment, group, { ...body, maxWorkers }, ports) };
  }
  const configs = group.configs.map((config) => `${JSON.stringify(config)}\n`).join('');
  const configsSha256 = sha256(configs);
  const request = async (experiment: Experiment): Promise<FitRequest> => {
    checkDataHandle(await findDataHandle({ ...params, ...body }, ports), group);
    const key = configsKey(params, experiment.lastOperation + 1, configsSha256);
    await ports.artifacts.putText(key, configs);
    await ports.secrets.keep(params, set, secrets);
    const firstRunId = experiment.lastRunId + 1;
    return requestOf(body, group, { firstRunId, configsSha256, budget, maxWorkers });
  };
  // A hash of the secrets themselves would let whoever reads it try them out.
  const asked = { ...body, mlConfig: hideSecrets(mlConfig) };
  const operation = await startOperation(
    { key: params, idempotencyKey, body: asked, request },
    ports,
  );
  return { status: 202, body: showOperation(operation) };
});

const requestOf = (
  { dataHandleId, seed, numChunks, executor, chunkTimeoutSeconds }: Call<typeof route>['body'],
  group: ExpandedGroup,
  settled: Pick<FitRequest, 'firstRunId' | 'configsSha256' | 'budget' | 'maxWorkers'>,
): FitRequest => ({
  kind: 'fit',
  dataHandleId,
  seed,
  numChunks,
  executor,
  chunkTimeoutSeconds,
  ...settled,
  runCount: group.configs.length,
  brackets: group.halved.length > 0 ? bracketsFrom(settled.firstRunId, group) : undefined,
});

const checkDataHandle = (handle: DataHandle, { halved }: ExpandedGroup): void => {
  checkUsable(handle, 'fit');
  if (halved.length > 0) checkUsable(handle, 'sha');
};
