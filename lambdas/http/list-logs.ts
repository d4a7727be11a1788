import { logLevels, logLine } from '../../contract/log-line.ts';
import { listLogs as route } from '../../contract/operation-routes.ts';
import type { LogResource } from '../../contract/resources.ts';
import type { Call } from '../../contract/route.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { LogPlace } from '../../domain/log-place.ts';
import { startOfLog, unsettledMs } from '../../domain/log-place.ts';
import { logNameFrom } from '../../domain/storage-layout.ts';
import { useCase } from '../use-case.ts';
import { logCursorOf, placeOfLogCursor } from './log-cursor.ts';
import { findExperiment, findOperation, findRun } from './look-up.ts';
import { noteLook } from './note-look.ts';
import type { HttpPorts } from './ports.ts';
import type { FoundPart } from './read-log.ts';
import { findLogParts } from './read-log.ts';

type Ports = Pick<HttpPorts, 'experiments' | 'operations' | 'runs' | 'artifacts' | 'clock'>;
type Asked = Call<typeof route>;

export const listLogs = useCase(route, async (call, ports: Ports) => {
  const { params, query } = call;
  const experiment = await findExperiment(params, ports);
  const place =
    query.cursor === undefined ? await startOf(call, ports) : placeOfLogCursor(query.cursor);
  const operation = query.operation === undefined ? undefined : Number(query.operation);
  if (query.cursor !== undefined) await noteFollower(experiment, ports);
  const found = await findLogParts(params, { place, operation }, ports);
  const texts = await Promise.all(found.parts.map(({ key }) => ports.artifacts.getText(key)));
  const lines = found.parts.flatMap((part, i) => linesOf(part, texts[i] ?? ''));
  const items = lines.filter(isWanted(query));
  // The same cursor again says that there is nothing new, however much time has passed.
  const nextCursor = found.place === place ? query.cursor : logCursorOf(found.place);
  return { status: 200, body: { items, nextCursor } };
});

/** Who goes on reading waits for what is said next. */
const noteFollower = async (experiment: Experiment, ports: Ports): Promise<void> => {
  const { activeOperation: operation } = experiment;
  if (operation === undefined) return;
  await noteLook(await findOperation({ ...experiment, operation }, ports), ports);
};

/** Nothing can have been said before there was an operation or a run to say it. */
const startOf = async ({ params, query }: Asked, ports: Ports): Promise<LogPlace> => {
  const { operation, runId } = query;
  const begun = [
    ...(operation ? [await findOperation({ ...params, operation: Number(operation) }, ports)] : []),
    ...(runId ? [await findRun({ ...params, runId: Number(runId) }, ports)] : []),
  ].map(({ createdAt }) => logNameFrom(createdAt, unsettledMs));
  return { ...startOfLog, settled: begun.sort().at(-1) ?? startOfLog.settled };
};

const isWanted = ({ runId, level = 'debug' }: Asked['query']) => {
  const least = logLevels.indexOf(level);
  return (line: LogResource): boolean =>
    (runId === undefined || line.runId === Number(runId)) && logLevels.indexOf(line.level) >= least;
};

const linesOf = ({ operation, worker }: FoundPart, text: string): LogResource[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ ...logLine.parse(JSON.parse(line)), operation, worker }));
