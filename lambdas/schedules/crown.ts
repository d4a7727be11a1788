import type { Occurrence } from '../../domain/schedule.ts';
import type { OccurrencePorts } from './ports.ts';

/** Makes the best run its schedule's champion, if it was promoted. */
export const crown = async (now: Occurrence, ports: OccurrencePorts): Promise<void> => {
  const { workspace, experiment = '', bestRunId: runId = 0, outcome } = now;
  if (outcome?.verdict !== 'promoted') return;
  const run = await ports.runs.find({ workspace, experiment, runId });
  if (!run?.checkpoint) throw new Error(`run ${runId} of ${experiment} has lost its checkpoint`);
  await ports.schedules.crown(now, {
    experiment,
    runId,
    checkpointUri: `s3://${ports.bucket}/${run.checkpoint.prefix}${modelFile}`,
    config: run.config,
    value: outcome.challenger,
    since: ports.clock.now(),
  });
};

/** What the engine calls the weights in a checkpoint. */
const modelFile = 'model.safetensors';
