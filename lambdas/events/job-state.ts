import * as z from 'zod/mini';
import { logger } from '../logger.ts';
import type { EventPorts } from './ports.ts';

/** The parts of a "Batch Job State Change" event that are looked at. */
const jobStateChange = z.object({
  time: z.string(),
  detail: z.object({
    jobId: z.string(),
    status: z.string(),
    statusReason: z.optional(z.string()),
    attempts: z.optional(z.array(z.unknown())),
    /** The parameters our workflow submitted the job with. */
    parameters: z.object({
      workspace: z.string(),
      experiment: z.string(),
      operation: z.string(),
      worker: z.string(),
    }),
  }),
});

/** Notes what AWS Batch says of a worker's job, so that a caller sees the wait for a machine. */
export const jobState = async (
  event: unknown,
  { jobNotes }: Pick<EventPorts, 'jobNotes'>,
): Promise<void> => {
  const { time, detail } = jobStateChange.parse(event);
  const { parameters, jobId, status, statusReason } = detail;
  logger.info('job state', { ...parameters, jobId, status, statusReason });
  await jobNotes.put({
    workspace: parameters.workspace,
    experiment: parameters.experiment,
    operation: Number(parameters.operation),
    worker: Number(parameters.worker),
    jobId,
    status,
    reason: statusReason,
    attempts: detail.attempts?.length ?? 0,
    at: new Date(time).toISOString(),
  });
};
