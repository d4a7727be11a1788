import { startFit as route } from '../../contract/fit-routes.ts';
import type { Call } from '../../contract/route.ts';
import { budgetOf } from '../../domain/budget.ts';
import { expandConfigGroup } from '../../domain/config-group.ts';
import type { DataHandle } from '../../domain/data-handle.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { ExpandedGroup } from '../../domain/expanded-group.ts';
import { bracketsFrom } from '../../domain/expanded-group.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { FitRequest } from '../../domain/operation.ts';
import { configsKey } from '../../domain/storage-layout.ts';
import { useCase } from '../use-case.ts';
import { findAliveExperiment, findDataHandle } from './look-up.ts';
import { planFit } from './plan-fit.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';
import type { StartPorts } from './start-operation.ts';
import { startOperation } from './start-operation.ts';

type Ports = StartPorts &
  Pick<HttpPorts, 'dataHandles' | 'artifacts' | 'runs' | 'maxWorkers' | 'usdPerGpuHour'>;

export const startFit = useCase(route, async (call, ports: Ports) => {
  const { params, body, idempotencyKey } = call;
  const group = expandConfigGroup(body.mlConfig, body.seed);
  if (body.dryRun) {
    const experiment = await findAliveExperiment(params, ports);
    checkDataHandle(await findDataHandle({ ...params, ...body }, ports), group);
    return { status: 200, body: await planFit(experiment, group, body.dataHandleId, ports) };
  }
  const request = async (experiment: Experiment): Promise<FitRequest> => {
    checkDataHandle(await findDataHandle({ ...params, ...body }, ports), group);
    const key = configsKey(params, experiment.lastOperation + 1);
    await ports.artifacts.putText(key, JSON.stringify(group.configs));
    return requestOf(body, group, experiment.lastRunId + 1, ports);
  };
  const operation = await startOperation({ key: params, idempotencyKey, body, request }, ports);
  return { status: 202, body: showOperation(operation) };
});

const requestOf = (
  {
    dataHandleId,
    seed,
    numChunks,
    executor,
    chunkTimeoutSeconds,
    budget,
  }: Call<typeof route>['body'],
  group: ExpandedGroup,
  firstRunId: number,
  { usdPerGpuHour }: Ports,
): FitRequest => ({
  kind: 'fit',
  dataHandleId,
  seed,
  numChunks,
  executor,
  chunkTimeoutSeconds,
  firstRunId,
  runCount: group.configs.length,
  brackets: group.halved.length > 0 ? bracketsFrom(firstRunId, group) : undefined,
  budget: budget && budgetOf(budget, usdPerGpuHour),
});

const checkDataHandle = (
  { dataHandleId, status, spec, error }: DataHandle,
  { halved }: ExpandedGroup,
): void => {
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
  if (halved.length > 0 && spec.locators.validation === undefined) {
    throw new DomainError(
      'partition-missing',
      `data handle ${dataHandleId} has no validation partition; SHA decides by a metric on it`,
      [{ pointer: '/dataHandleId', detail: 'lacks the validation partition' }],
    );
  }
};
