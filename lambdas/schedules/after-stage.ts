import { bestRun, judge, testMetricOf, usualContest } from '../../domain/champion.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { FitRequest, Operation } from '../../domain/operation.ts';
import type { EpochResult } from '../../domain/run.ts';
import type { Occurrence, Stage, Template } from '../../domain/schedule.ts';
import { createDataHandle } from '../http/create-data-handle.ts';
import { endExperiment } from '../http/end-experiment.ts';
import { startFit } from '../http/start-fit.ts';
import { startTest } from '../http/start-test.ts';
import type { Change } from './change.ts';
import { findTemplate } from './find-template.ts';
import type { OccurrencePorts } from './ports.ts';

/*
 * One operation after the other, each started by the call that a user would make. The call's idempotency
 * key names the stage, so that a repeated step starts nothing twice.
 */

export const startDownload = async (now: Occurrence, ports: OccurrencePorts): Promise<Change> => {
  const { dataHandle } = await findTemplate(now, ports.artifacts);
  const body = { ...dataHandle, downloadColumns: [...dataHandle.downloadColumns] };
  const made = await createDataHandle.run({ ...callOf(now, 'download'), body }, ports);
  const { dataHandleId } = made.body.dataHandle;
  return { stage: 'download', operation: made.body.operation?.operation, dataHandleId };
};

/** What comes after a stage whose operation is over. */
export const afterStage = async (
  now: Occurrence,
  operation: Operation,
  ports: OccurrencePorts,
): Promise<Change> => {
  const template = await findTemplate(now, ports.artifacts);
  switch (now.stage) {
    case 'download':
      return fit(now, template, ports);
    case 'fit':
      return test(now, operation, { template, ports });
    case 'test':
      return testChampion({ ...now, metrics: operation.metrics }, template, ports);
    case 'champion-test':
      return compare(now, operation, { template, ports });
    case 'end':
    case undefined:
      throw new Error(`nothing comes after ${now.stage}`);
  }
};

const callOf = ({ workspace, experiment = '' }: Occurrence, stage: Stage) => ({
  params: { workspace, experiment },
  query: {},
  idempotencyKey: `occurrence:${stage}`,
});

const fit = async (
  now: Occurrence,
  template: Template,
  ports: OccurrencePorts,
): Promise<Change> => {
  const { dataHandleId = '' } = now;
  const body = { ...template.fit, dataHandleId, dryRun: false };
  const started = await startFit.run({ ...callOf(now, 'fit'), body }, ports);
  return { stage: 'fit', operation: operationIn(started.body) };
};

interface World {
  readonly template: Template;
  readonly ports: OccurrencePorts;
}

const test = async (now: Occurrence, { request }: Operation, world: World): Promise<Change> => {
  const { template, ports } = world;
  if (request.kind !== 'fit') throw new Error(`operation ${now.operation} is no fit`);
  const bestRunId = await chooseRun(now, request, world);
  if (template.dataHandle.locators.test === undefined) {
    return end({ ...now, bestRunId }, template, ports);
  }
  const body = { dataHandleId: now.dataHandleId ?? '', batchSize, runId: bestRunId };
  const started = await startTest.run({ ...callOf(now, 'test'), body }, ports);
  return { stage: 'test', operation: started.body.operation, bestRunId };
};

const batchSize = 64;

const chooseRun = async (
  { workspace, experiment = '' }: Occurrence,
  { firstRunId, runCount }: FitRequest,
  { template, ports }: World,
): Promise<number> => {
  const key = { workspace, experiment };
  const lastRunId = firstRunId + runCount - 1;
  const ids = Array.from({ length: runCount }, (_, i) => firstRunId + i);
  const results: EpochResult[] = [];
  let cursor: string | undefined;
  do {
    const page = await ports.results.list(key, { firstRunId, lastRunId, limit: 10_000, cursor });
    results.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const runs = await ports.runs.findMany(key, ids);
  const best = bestRun(runs, results, template.champion ?? usualContest);
  if (best) return best.runId;
  const [failure] = runs.flatMap(({ error }) => (error ? [`: ${error.message}`] : []));
  throw new DomainError('no-checkpoint', `no run of its fit completed${failure ?? ''}`);
};

const testChampion = async (
  now: Occurrence,
  template: Template,
  ports: OccurrencePorts,
): Promise<Change> => {
  if (!template.champion) return end(now, template, ports);
  const champion = (await ports.schedules.find(now))?.champion;
  if (!champion) return decide(now, {}, { template, ports });
  const { checkpointUri: modelTag, config } = champion;
  const body = { dataHandleId: now.dataHandleId ?? '', batchSize, modelTag, config };
  const started = await startTest.run({ ...callOf(now, 'champion-test'), body }, ports);
  return { metrics: now.metrics, stage: 'champion-test', operation: started.body.operation };
};

const compare = async (
  now: Occurrence,
  { metrics, error }: Operation,
  world: World,
): Promise<Change> => {
  const champion = metrics?.[testMetricOf(world.template.champion ?? usualContest)] ?? 'NaN';
  const note = error === undefined ? undefined : `its test failed: ${error}`;
  return decide(now, { champion, note }, world);
};

const decide = async (
  now: Occurrence,
  beside: Omit<Parameters<typeof judge>[1], 'challenger'>,
  { template, ports }: World,
): Promise<Change> => {
  const contest = template.champion ?? usualContest;
  const challenger = now.metrics?.[testMetricOf(contest)];
  if (challenger === undefined) {
    const has = Object.keys(now.metrics ?? {}).join(', ');
    throw new DomainError(
      'invalid-config',
      `its test measured no ${testMetricOf(contest)}, but ${has}`,
    );
  }
  return end({ ...now, outcome: judge(contest, { ...beside, challenger }) }, template, ports);
};

/** Ends the experiment, with artifacts where the template says so. */
const end = async (
  now: Occurrence,
  template: Template,
  ports: OccurrencePorts,
): Promise<Change> => {
  const { metrics, outcome, bestRunId } = now;
  const { artifactsBucket, saveEpochCheckpoints } = template;
  const body = { artifactsBucket, saveEpochCheckpoints };
  const ended = await endExperiment.run({ ...callOf(now, 'end'), body }, ports);
  const operation = ended.body.operation;
  if (!ended.body.ended && !operation) {
    throw new DomainError('experiment-ended', 'somebody ended it meanwhile');
  }
  const { artifactsUri } = operation ?? {};
  return {
    metrics,
    outcome,
    bestRunId,
    stage: 'end',
    operation: operation?.operation,
    artifactsUri,
  };
};

/** A dry run starts no operation, and none is asked for here. */
const operationIn = (body: object): number | undefined =>
  'operation' in body && typeof body.operation === 'number' ? body.operation : undefined;
