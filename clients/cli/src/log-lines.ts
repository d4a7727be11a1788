import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientCall } from '../../../contract/client.ts';
import { getExperiment } from '../../../contract/experiment-routes.ts';
import { getRun, listLogs } from '../../../contract/operation-routes.ts';
import type { LogResource } from '../../../contract/resources.ts';
import { isActive, readOperation } from './operations.ts';
import type { Scope, Session } from './session.ts';

/** A log that is followed is asked for about once a second, less often while nothing is said. */
const soonestMs = 1000;
const latestMs = 5000;
const quietFactor = 1.5;

/** What a run said last comes within seconds after its end. */
const lastWordsMs = 10_000;

/** Which lines are wanted: all, or those of a run, an operation, a level and above. */
export interface LogFilter {
  readonly runId?: number | undefined;
  readonly operation?: number | undefined;
  readonly level?: NonNullable<ClientCall<typeof listLogs>['query']>['level'];
}

interface LogPage {
  readonly lines: readonly LogResource[];
  /** Where to go on from. */
  readonly cursor: string | undefined;
}

/** All lines there are by now. */
export async function* readLog(scope: Scope, wanted: LogFilter): AsyncGenerator<LogResource> {
  for await (const { lines } of pagesOf(scope, wanted)) yield* lines;
}

/** The lines so far, then each as it comes, until what says them is over. */
export async function* followLog(
  { interrupted }: Session,
  scope: Scope,
  wanted: LogFilter,
): AsyncGenerator<LogResource> {
  let cursor: string | undefined;
  let delay = soonestMs;
  let spokeAt = performance.now();
  while (true) {
    // Looked at first: once it is over, what is read after that is all there is.
    const isOver = await isSilent(scope, wanted);
    const before = cursor;
    for await (const page of pagesOf(scope, wanted, cursor)) {
      cursor = page.cursor;
      yield* page.lines;
    }
    if (cursor !== before) [delay, spokeAt] = [soonestMs, performance.now()];
    const isPast = performance.now() - spokeAt > lastWordsMs;
    if (isOver && (wanted.runId === undefined || isPast)) return;
    await sleep(delay, undefined, { signal: interrupted });
    delay = Math.min(latestMs, delay * quietFactor);
  }
}

/** A list that can be followed gives its last cursor again when there is no more. */
async function* pagesOf(
  { service, params }: Scope,
  { runId, operation, level }: LogFilter,
  from?: string,
): AsyncGenerator<LogPage> {
  const filter = {
    ...(runId !== undefined && { runId: String(runId) }),
    ...(operation !== undefined && { operation: String(operation) }),
    level,
  };
  let cursor = from;
  while (true) {
    const { body } = await service.call(listLogs, { params, query: { ...filter, cursor } });
    const isLast = body.nextCursor === undefined || body.nextCursor === cursor;
    cursor = body.nextCursor ?? cursor;
    yield { lines: body.items, cursor };
    if (isLast) return;
  }
}

const isSilent = async (scope: Scope, { runId, operation }: LogFilter): Promise<boolean> => {
  const { service, params } = scope;
  if (runId !== undefined) {
    const { body } = await service.call(getRun, { params: { ...params, runId: String(runId) } });
    return body.status !== 'new' && body.status !== 'ongoing';
  }
  if (operation !== undefined) return !isActive(await readOperation(scope, operation));
  const { body } = await service.call(getExperiment, { params });
  return body.activeOperation === undefined;
};
