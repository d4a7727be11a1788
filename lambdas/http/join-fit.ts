import { executionOfWorker } from '../../domain/execution.ts';
import type { Circumstances } from '../../domain/steering.ts';
import type { ControlPorts, Scene, Steered } from './control-run.ts';
import type { HttpPorts } from './ports.ts';

/* What the ops have in common by which runs join the active fit. */

export type JoinPorts = ControlPorts & Pick<HttpPorts, 'workflows'>;

/** What the run meets in the fit, and the seed of the fit that it belongs to until then. */
export const circumstancesOf = async (
  { met: { run }, fit }: Scene,
  { workers, operations }: JoinPorts,
): Promise<Circumstances> => {
  const [all, own] = await Promise.all([
    workers.listByOperation(fit),
    run.operation === fit.operation ? fit : operations.find(run),
  ]);
  if (own?.request.kind !== 'fit') throw new Error(`the fit of run ${run.runId} is gone`);
  return { fit, workers: all, seed: own.request.seed };
};

/** Starts the executions of workers that were added; should one fail, the sweeper starts it within two minutes. */
export const startAdded = async (
  { experiment, change }: Steered,
  { workflows }: JoinPorts,
): Promise<void> => {
  const added = change?.workers.filter(({ before }) => before === undefined) ?? [];
  await Promise.all(
    added.map(({ after }) => workflows.start(executionOfWorker(after, experiment.id))),
  );
};
