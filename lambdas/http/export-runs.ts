import { exportRuns as route } from '../../contract/export-routes.ts';
import { runsTable } from '../../domain/runs-table.ts';
import { useCase } from '../use-case.ts';
import { findExperiment } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { publishTable } from './publish-table.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'runs' | 'gpuHourUsd' | 'exports' | 'entropy'>;

export const exportRuns = useCase(route, async ({ params, body }, ports: Ports) => {
  const { lastRunId } = await findExperiment(params, ports);
  const { items } = await ports.runs.list(params, {
    firstRunId: 1,
    lastRunId,
    limit: Number.POSITIVE_INFINITY,
  });
  const kept = items.filter(({ status }) => status !== 'deleted');
  const published = {
    name: `${params.experiment}-runs`,
    table: runsTable(kept, ports.gpuHourUsd),
    format: body.format,
  };
  return { status: 201, body: await publishTable(published, ports) };
});
