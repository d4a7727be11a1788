import { type ClientCall, type ClientReply, client } from '../../contract/client.ts';
import {
  endExperiment,
  getDataHandle,
  getExperiment,
  listExperiments,
} from '../../contract/experiment-routes.ts';
import {
  cancelOperation,
  getOperation,
  getRun,
  listLogs,
  listOperations,
  listResults,
  listRuns,
} from '../../contract/operation-routes.ts';
import type { Route } from '../../contract/route.ts';
import { routes } from '../../contract/routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import type { DigitsConfig } from '../digits.ts';
import { type Caller, type Material, type Trial, type User, userOf } from '../embedded-stack.ts';
import { syncsOf } from './syncs.ts';

export interface DatabaseCalls {
  readonly route: string;
  /** Of the request that needed most; of syncs, of which a worker sends many, the mean. */
  readonly perRequest: number;
}

/** DynamoDB calls so far by function. */
type Counts = ReadonlyMap<string, number>;

interface Life {
  readonly stack: RunningStack;
  readonly material: Material;
  readonly configs: readonly DigitsConfig[];
  readonly counts: Counts;
}

/** Leads an experiment from its start to its end over every route, and counts what each costs. */
export const countDatabaseCalls = async (life: Life): Promise<readonly DatabaseCalls[]> => {
  const { stack, material, configs, counts } = life;
  const most = new Map<string, number>();
  const user = userOf(stack, counted(client(stack).call, counts, most));
  const trial = await user.prepare(material);
  const { operation } = await user.start(trial, configs);
  await user.ended(trial, operation);
  await readEverything(user, trial, operation);
  const syncs = (counts.get('syncWorker') ?? 0) / (await syncsSoFar(stack, trial, operation));
  await cancelAndEnd(user, trial, configs);
  const asked = routes.filter(({ name }) => most.has(name));
  return [
    ...asked.map(({ name }) => ({ route: name, perRequest: most.get(name) ?? 0 })),
    { route: 'syncWorker', perRequest: syncs },
  ];
};

/** Each function serves one route and only us, so what it asked meanwhile it asked for this call. */
const counted =
  (call: Caller, counts: Counts, most: Map<string, number>): Caller =>
  async <R extends Route>(route: R, input?: ClientCall<R>): Promise<ClientReply<R>> => {
    const { name } = route;
    const before = counts.get(name) ?? 0;
    const reply = await call(route, input);
    const calls = (counts.get(name) ?? 0) - before;
    most.set(name, Math.max(calls, most.get(name) ?? 0));
    return reply;
  };

const readEverything = async (
  { call }: User,
  { params, dataHandleId }: Trial,
  operation: number,
): Promise<void> => {
  await call(listExperiments, { params });
  await call(getExperiment, { params });
  await call(getDataHandle, { params: { ...params, dataHandle: dataHandleId } });
  await call(listOperations, { params });
  await call(getOperation, { params: { ...params, operation: String(operation) } });
  await call(listRuns, { params });
  await call(getRun, { params: { ...params, runId: '1' } });
  await call(listResults, { params });
  await call(listLogs, { params });
};

const cancelAndEnd = async (
  user: User,
  trial: Trial,
  configs: readonly DigitsConfig[],
): Promise<void> => {
  const { operation } = await user.start(trial, configs);
  await user.call(cancelOperation, { params: { ...trial.params, operation: 'current' } });
  await user.ended(trial, operation);
  await user.call(endExperiment, { params: trial.params, body: {} });
};

const syncsSoFar = async (
  stack: RunningStack,
  trial: Trial,
  lastOperation: number,
): Promise<number> => {
  let syncs = 0;
  for (let operation = 1; operation <= lastOperation; operation++)
    syncs += await syncsOf(stack, trial, operation);
  return syncs;
};
