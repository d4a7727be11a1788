import { exportResults as route } from '../../contract/export-routes.ts';
import { resultsTable } from '../../domain/results-table.ts';
import { useCase } from '../use-case.ts';
import { findExperiment } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { publishTable } from './publish-table.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'runs' | 'results' | 'exports' | 'entropy'>;

export const exportResults = useCase(route, async ({ params, body }, ports: Ports) => {
  const { lastRunId } = await findExperiment(params, ports);
  const all = { firstRunId: 1, lastRunId };
  const [{ items }, deleted] = await Promise.all([
    ports.results.list(params, { ...all, limit: Number.POSITIVE_INFINITY }),
    ports.runs.listDeleted(params, all),
  ]);
  const gone = new Set(deleted);
  const table = resultsTable(items.filter(({ runId }) => !gone.has(runId)));
  const published = { name: `${params.experiment}-results`, table, format: body.format };
  return { status: 201, body: await publishTable(published, ports) };
});
