import { listResults as route } from '../../contract/operation-routes.ts';
import type { ExperimentKey } from '../../domain/experiment.ts';
import type { Page } from '../../domain/ports.ts';
import type { EpochResult } from '../../domain/run.ts';
import { useCase } from '../use-case.ts';
import { findExperiment, findRun, pageRequest } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showResult } from './show.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'runs' | 'results'>;

/** Those of a deleted run are shown to whoever asks for it by its ID. */
export const listResults = useCase(route, async ({ params, query }, ports: Ports) => {
  const experiment = await findExperiment(params, ports);
  const runId = query.runId === undefined ? undefined : Number(query.runId);
  if (runId !== undefined) await findRun({ ...params, runId }, ports);
  const page = await ports.results.list(params, {
    ...pageRequest(query),
    firstRunId: runId ?? 1,
    lastRunId: runId ?? experiment.lastRunId,
  });
  const items = runId === undefined ? await withoutDeleted(params, page, ports) : page.items;
  return { status: 200, body: { items: items.map(showResult), nextCursor: page.nextCursor } };
});

const withoutDeleted = async (
  key: ExperimentKey,
  { items }: Page<EpochResult>,
  { runs }: Pick<Ports, 'runs'>,
): Promise<readonly EpochResult[]> => {
  const [first, last] = [items.at(0)?.runId, items.at(-1)?.runId];
  if (first === undefined || last === undefined) return [];
  const deleted = new Set(await runs.listDeleted(key, { firstRunId: first, lastRunId: last }));
  return items.filter(({ runId }) => !deleted.has(runId));
};
