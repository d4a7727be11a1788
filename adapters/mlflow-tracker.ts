import * as z from 'zod/mini';
import type { EpochResult } from '../domain/run.ts';
import type { FoundRun, TrackedRun, Tracker } from '../domain/tracker.ts';
import { chunked } from './in-parallel.ts';
import type { MlflowApi } from './mlflow-api.ts';
import { foundRun, identityTag, lastMetric } from './mlflow-run.ts';

/** MLflow's limits of one call, for each kind of thing. */
const maxMetrics = 1_000;
const maxParams = 100;

/** MLflow's limits of texts; a longer one would be refused with all that comes along. */
const maxNameLength = 250;
const maxValueLength = 5_000;

/** Runs on an MLflow server, by version 2.0 of its REST API. */
export class MlflowTracker implements Tracker {
  readonly #api: MlflowApi;

  constructor(api: MlflowApi) {
    this.#api = api;
  }

  async find(id: string): Promise<FoundRun | undefined> {
    const answer = await this.#api.get('runs/get', { run_id: id });
    return answer && foundRun(answer['run']);
  }

  async findByIdentity({
    experiment,
    identity,
  }: Pick<TrackedRun, 'experiment' | 'identity'>): Promise<FoundRun | undefined> {
    const experimentId = await this.#experimentId(experiment);
    if (experimentId === undefined) return undefined;
    const answer = await this.#api.post('runs/search', {
      experiment_ids: [experimentId],
      filter: `tags.\`${identityTag}\` = '${identity}'`,
      run_view_type: 'ALL',
      max_results: 1,
    });
    const [run] = Array.isArray(answer['runs']) ? answer['runs'] : [];
    return run && foundRun(run);
  }

  async create(run: TrackedRun): Promise<FoundRun> {
    const answer = await this.#api.post('runs/create', {
      experiment_id: await this.#madeExperimentId(run.experiment),
      run_name: run.name,
      start_time: Date.parse(run.startedAt),
      tags: [
        { key: identityTag, value: run.identity },
        { key: 'mlflow.source.name', value: 'Fanfold' },
        ...pairs(run.tags),
      ],
    });
    return foundRun(answer['run']);
  }

  async tell(id: string, { params, tags }: Pick<TrackedRun, 'params' | 'tags'>): Promise<void> {
    await this.#logBatch(id, { tags: pairs(tags) });
    for (const some of chunked(pairs(params), maxParams))
      await this.#logBatch(id, { params: some });
  }

  async addEpochs(id: string, epochs: readonly EpochResult[]): Promise<void> {
    const timestamp = Date.now();
    const points = epochs.map((epoch) => pointsOf(epoch, timestamp));
    // An epoch's points stay together, so that it is there as a whole or not at all.
    const shares = chunked(points, maxMetrics, ({ length }) => length);
    for (const share of shares) await this.#logBatch(id, { metrics: share.flat() });
  }

  async setStatus(id: string, { status, endedAt }: Pick<TrackedRun, 'status' | 'endedAt'>) {
    const end = endedAt === undefined ? {} : { end_time: Date.parse(endedAt) };
    await this.#api.post('runs/update', { run_id: id, status, ...end });
  }

  async delete(id: string): Promise<void> {
    await this.#api.post('runs/delete', { run_id: id });
  }

  async #logBatch(id: string, batch: object): Promise<void> {
    await this.#api.post('runs/log-batch', { run_id: id, ...batch });
  }

  async #experimentId(name: string): Promise<string | undefined> {
    const answer = await this.#api.get('experiments/get-by-name', { experiment_name: name });
    return answer && experimentIdIn(answer['experiment']);
  }

  async #madeExperimentId(name: string): Promise<string> {
    const known = await this.#experimentId(name);
    if (known !== undefined) return known;
    try {
      return experimentIdIn(await this.#api.post('experiments/create', { name }));
    } catch (error) {
      // Made by another call in this moment.
      const made = await this.#experimentId(name);
      if (made === undefined) throw error;
      return made;
    }
  }
}

const named = z.object({ experiment_id: z.string() });

const experimentIdIn = (experiment: unknown): string => z.parse(named, experiment).experiment_id;

/** Of names that become the same one the last counts; MLflow would refuse both. */
const pairs = (texts: Readonly<Record<string, string>>) => {
  const fit = Object.entries(texts).map(([name, text]) => [allowed(name), fitting(text)] as const);
  return Array.from(new Map(fit), ([key, value]) => ({ key, value }));
};

const fitting = (value: string): string =>
  value.length > maxValueLength ? `${value.slice(0, maxValueLength - 1)}…` : value;

/** That by which it is known which epochs are there comes last. */
const pointsOf = ({ epoch, trainLoss, metrics }: EpochResult, timestamp: number) =>
  [...Object.entries(metrics), [lastMetric, trainLoss] as const].map(([name, value]) => ({
    key: allowed(name),
    // What is not finite is text for MLflow too.
    value,
    timestamp,
    step: epoch,
  }));

/** Names may have letters, digits and `_-./: ` in them. */
const allowed = (name: string): string =>
  name.replaceAll(/[^\w\-./: ]/g, '_').slice(0, maxNameLength);
