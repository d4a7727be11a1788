import { listRuns as route } from '../../contract/operation-routes.ts';
import type { Experiment } from '../../domain/experiment.ts';
import { useCase } from '../use-case.ts';
import { findExperiment, findOperation, pageRequest } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showRun } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'operations' | 'runs' | 'bucket' | 'gpuHourUsd'>;

export const listRuns = useCase(route, async ({ params, query }, ports: Ports) => {
  const experiment = await findExperiment(params, ports);
  const range = await runRange(experiment, query.operation, ports);
  const page = await ports.runs.list(params, { ...pageRequest(query), ...range });
  const items = page.items
    .filter((run) => run.status !== 'deleted')
    .map((run) => showRun(run, ports));
  return { status: 200, body: { items, nextCursor: page.nextCursor } };
});

/** The run IDs of the experiment, or of one of its operations; empty when that has none. */
const runRange = async (experiment: Experiment, operation: string | undefined, ports: Ports) => {
  if (operation === undefined) return { firstRunId: 1, lastRunId: experiment.lastRunId };
  const { request } = await findOperation({ ...experiment, operation: Number(operation) }, ports);
  if (request.kind !== 'fit') return { firstRunId: 1, lastRunId: 0 };
  return {
    firstRunId: request.firstRunId,
    lastRunId: request.firstRunId + request.runCount - 1,
  };
};
