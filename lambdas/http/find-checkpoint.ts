import type { Experiment } from '../../domain/experiment.ts';
import { checkEpochCheckpoints, noSuchEpoch } from '../../domain/inference-model.ts';
import type { EpochCheckpoint, Run } from '../../domain/run.ts';
import type { HttpPorts } from './ports.ts';

/** The checkpoint that was kept of a run's epoch. */
export const findEpochCheckpoint = async (
  run: Run,
  epoch: number,
  experiment: Experiment,
  { epochCheckpoints }: Pick<HttpPorts, 'epochCheckpoints'>,
): Promise<EpochCheckpoint> => {
  checkEpochCheckpoints(experiment);
  const found = await epochCheckpoints.find({ ...run, epoch });
  if (found) return found;
  const kept = await epochCheckpoints.list(run);
  throw noSuchEpoch(
    run.runId,
    epoch,
    kept.map((one) => one.epoch),
  );
};
