import type * as z from 'zod/mini';
import { listLogs as route } from '../../contract/operation-routes.ts';
import { logResource } from '../../contract/resources.ts';
import { logsPrefix, operationOfLogKey } from '../../domain/storage-layout.ts';
import { useCase } from '../use-case.ts';
import { findExperiment } from './look-up.ts';
import type { HttpPorts } from './ports.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'artifacts'>;
type Line = z.infer<typeof logResource>;

/** Log parts read for one page; each holds what one sync of one worker brought. */
const partsPerPage = 50;

export const listLogs = useCase(route, async ({ params, query }, ports: Ports) => {
  await findExperiment(params, ports);
  const { artifacts } = ports;
  const prefix = logsPrefix(params);
  const after = query.cursor === undefined ? undefined : prefix + query.cursor;
  const parts = await artifacts.list(prefix, { limit: partsPerPage, after });
  const wanted = parts.filter(({ key }) => isWanted(operationOfLogKey(key), query.operation));
  const texts = await Promise.all(wanted.map(({ key }) => artifacts.getText(key)));
  const lines = texts.flatMap((text) => linesOf(text ?? ''));
  const items = lines.filter(({ runId }) => isWanted(runId, query.runId));
  return {
    status: 200,
    body: { items, nextCursor: parts.at(-1)?.key.slice(prefix.length) ?? query.cursor },
  };
});

const isWanted = (has: number | undefined, asked: string | undefined): boolean =>
  asked === undefined || has === Number(asked);

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => logResource.parse(JSON.parse(line)));
