import { getExperiment } from '../../contract/experiment-routes.ts';
import {
  cancelOperation,
  getOperation,
  listResults,
  listRuns,
} from '../../contract/operation-routes.ts';
import type { DigitsConfig } from '../digits.ts';
import type { Trial, User } from '../embedded-stack.ts';
import { percentile } from '../statistics.ts';

const reads = 200;
/** Fewer, as each is cancelled again, which takes longer than to start it. */
const starts = 30;
/** Calls of a route before those that count. */
const warmUps = 10;

export interface Latency {
  readonly route: string;
  readonly calls: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Times calls one after the other, route by route, while nothing else goes on. */
export const measureLatencies = async (
  user: User,
  trial: Trial,
  configs: readonly DigitsConfig[],
): Promise<readonly Latency[]> => {
  const { call } = user;
  const { params } = trial;
  const { operation } = await user.start(trial, configs);
  await user.ended(trial, operation);
  const inOperation = { ...params, operation: String(operation) };
  const start = () => user.start(trial, configs);
  const cancel = async () => {
    const { body } = await call(cancelOperation, { params: { ...params, operation: 'current' } });
    await user.ended(trial, body.operation?.operation ?? operation);
  };
  return [
    await latency('getExperiment', reads, () => call(getExperiment, { params })),
    await latency('getOperation', reads, () => call(getOperation, { params: inOperation })),
    await latency('listRuns', reads, () => call(listRuns, { params })),
    await latency('listResults', reads, () => call(listResults, { params })),
    await latency('startFit', starts, start, cancel),
  ];
};

const latency = async (
  route: string,
  calls: number,
  call: () => Promise<unknown>,
  undo: () => Promise<unknown> = async () => undefined,
): Promise<Latency> => {
  const taken: number[] = [];
  for (let i = 0; i < warmUps + calls; i++) {
    const start = performance.now();
    await call();
    if (i >= warmUps) taken.push(performance.now() - start);
    await undo();
  }
  return { route, calls, p50Ms: percentile(taken, 0.5), p95Ms: percentile(taken, 0.95) };
};
