import { getRun as route } from '../../contract/operation-routes.ts';
import { useCase } from '../use-case.ts';
import { findRun } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showRun } from './show.ts';

type Ports = Pick<HttpPorts, 'runs' | 'bucket' | 'gpuHourUsd'>;

export const getRun = useCase(route, async ({ params }, ports: Ports) => {
  const run = await findRun({ ...params, runId: Number(params.runId) }, ports);
  return { status: 200, body: showRun(run, ports) };
});
