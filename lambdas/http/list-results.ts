import { listResults as route } from '../../contract/operation-routes.ts';
import { useCase } from '../use-case.ts';
import { findExperiment, findRun, pageRequest } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showResult } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'runs' | 'results'>;

export const listResults = useCase(route, async ({ params, query }, ports: Ports) => {
  const experiment = await findExperiment(params, ports);
  const runId = query.runId === undefined ? undefined : Number(query.runId);
  if (runId !== undefined) await findRun({ ...params, runId }, ports);
  const page = await ports.results.list(params, {
    ...pageRequest(query),
    firstRunId: runId ?? 1,
    lastRunId: runId ?? experiment.lastRunId,
  });
  return { status: 200, body: { items: page.items.map(showResult), nextCursor: page.nextCursor } };
});
