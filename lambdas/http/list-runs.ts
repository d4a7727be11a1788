import { listRuns as route } from '../../contract/operation-routes.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { Run } from '../../domain/run.ts';
import { useCase } from '../use-case.ts';
import { findExperiment, findOperation, pageRequest } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showRun } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'operations' | 'runs' | 'bucket' | 'gpuHourUsd'>;

export const listRuns = useCase(route, async ({ params, query }, ports: Ports) => {
  const experiment = await findExperiment(params, ports);
  const range = await runRange(experiment, query.operation, ports);
  const page = await ports.runs.list(params, { ...pageRequest(query), ...range });
  const isAsked = ({ operation }: Run) =>
    query.operation === undefined || operation === Number(query.operation);
  const items = page.items
    .filter((run) => run.status !== 'deleted' && isAsked(run))
    .map((run) => showRun(run, ports));
  return { status: 200, body: { items, nextCursor: page.nextCursor } };
});

/** The run IDs of the experiment, or those between which one of its operations has some, if it has any. */
const runRange = async (experiment: Experiment, operation: string | undefined, ports: Ports) => {
  if (operation === undefined) return { firstRunId: 1, lastRunId: experiment.lastRunId };
  const found = await findOperation({ ...experiment, operation: Number(operation) }, ports);
  if (found.request.kind !== 'fit') return { firstRunId: 1, lastRunId: 0 };
  const { firstRunId } = found.request;
  return {
    firstRunId: Math.min(firstRunId, found.takenOverFrom ?? firstRunId),
    lastRunId: experiment.lastRunId,
  };
};
