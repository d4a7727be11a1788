import * as z from 'zod/mini';

/* What a user of the MLflow server sees, by its REST API. */

const pairs = z._default(z.array(z.object({ key: z.string(), value: z.string() })), []);

const found = z.object({
  runs: z._default(
    z.array(
      z.object({
        info: z.object({ run_id: z.string(), status: z.string(), lifecycle_stage: z.string() }),
        data: z.object({ params: pairs, tags: pairs }),
      }),
    ),
    [],
  ),
});

const history = z.object({
  metrics: z._default(z.array(z.object({ step: z.number(), value: z.number() })), []),
});

export interface ShownRun {
  readonly id: string;
  readonly status: string;
  readonly isDeleted: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export const mlflowAt = (url: string) => {
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const options = body && { method: 'POST', body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/2.0/mlflow/${path}`, { ...options, headers });
    return answer.json();
  };

  const experimentId = async (name: string): Promise<string | undefined> => {
    const answer = await ask(`experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`);
    const shape = z.object({ experiment: z.optional(z.object({ experiment_id: z.string() })) });
    return shape.parse(answer).experiment?.experiment_id;
  };

  /** The runs of an experiment in the order of our IDs; none before it is there. */
  const runs = async (experiment: string): Promise<readonly ShownRun[]> => {
    const id = await experimentId(experiment);
    if (id === undefined) return [];
    const search = { experiment_ids: [id], run_view_type: 'ALL', max_results: 100 };
    const shown = found.parse(await ask('runs/search', search)).runs.map(({ info, data }) => ({
      id: info.run_id,
      status: info.status,
      isDeleted: info.lifecycle_stage === 'deleted',
      params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
      tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    }));
    const ourId = ({ tags }: ShownRun) => Number(tags['fanfold.run']?.split('/')[2]);
    return shown.toSorted((a, b) => ourId(a) - ourId(b));
  };

  /** Every point of a metric, as step and value. */
  const points = async (id: string, metric: string): Promise<readonly [number, number][]> => {
    const path = `metrics/get-history?run_id=${id}&metric_key=${metric}`;
    return history.parse(await ask(path)).metrics.map(({ step, value }) => [step, value]);
  };

  return { runs, points };
};
