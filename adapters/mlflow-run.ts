import * as z from 'zod/mini';
import type { FoundRun } from '../domain/tracker.ts';
import { trackedStatuses } from '../domain/tracker.ts';

/** The tag that names a run of ours, whoever made it. */
export const identityTag = 'fanfold.run';

/** The metric that is sent with every epoch: its last step is the last epoch that is there. */
export const lastMetric = 'train_loss';

const pairs = z._default(
  z.array(z.object({ key: z.string(), value: z._default(z.string(), '') })),
  [],
);

/** A run as MLflow's REST API has it; of each metric it tells the newest value. */
const shape = z.object({
  info: z.object({
    run_id: z.string(),
    status: z.enum(trackedStatuses),
    end_time: z.optional(z.coerce.number()),
    lifecycle_stage: z.enum(['active', 'deleted']),
  }),
  data: z.object({
    metrics: z._default(
      z.array(z.object({ key: z.string(), step: z._default(z.coerce.number(), 0) })),
      [],
    ),
    params: pairs,
    tags: pairs,
  }),
});

export const foundRun = (answer: unknown): FoundRun => {
  const { info, data } = z.parse(shape, answer);
  return {
    id: info.run_id,
    status: info.status,
    endedAt: info.end_time ? new Date(info.end_time).toISOString() : undefined,
    isDeleted: info.lifecycle_stage === 'deleted',
    lastEpoch: data.metrics.find(({ key }) => key === lastMetric)?.step ?? 0,
    params: asRecord(data.params),
    tags: asRecord(data.tags),
  };
};

const asRecord = (entries: z.infer<typeof pairs>): Record<string, string> =>
  Object.fromEntries(entries.map(({ key, value }) => [key, value]));
