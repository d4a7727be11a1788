import type { ExperimentKey } from '../../domain/experiment.ts';
import type { LogPlace } from '../../domain/log-place.ts';
import { isNews, placeAfter } from '../../domain/log-place.ts';
import type { StoredObject } from '../../domain/ports.ts';
import type { LogPart } from '../../domain/storage-layout.ts';
import { logPartOf, logsPrefix } from '../../domain/storage-layout.ts';
import type { HttpPorts } from './ports.ts';

/** A part of a log and its object. */
export type FoundPart = LogPart & StoredObject;

interface Found {
  readonly parts: readonly FoundPart[];
  /** The place after them; without any, the very one that was asked from. */
  readonly place: LogPlace;
}

const mostParts = 50;

/** As they lie there; in an answer quotes and backslashes count twice, and Lambda takes 6 MB of one. */
const mostBytes = 2_500_000;

/** S3 gives no more keys in one call; a minute of a hundred workers is three thousand parts. */
const keysPerList = 1_000;
const mostLists = 10;

/** The next parts that were not heard yet, of one operation if it is named. */
export const findLogParts = async (
  key: ExperimentKey,
  { place: start, operation }: { place: LogPlace; operation: number | undefined },
  { artifacts, clock }: Pick<HttpPorts, 'artifacts' | 'clock'>,
): Promise<Found> => {
  const nowMs = Date.parse(clock.now());
  const parts: FoundPart[] = [];
  let place = start;
  for await (const part of partsAfter(logsPrefix(key), start.settled, artifacts)) {
    if (isNews(place, part) && part.operation === (operation ?? part.operation)) {
      if (isFull(parts, part)) break;
      parts.push(part);
    }
    place = placeAfter(place, part, nowMs);
  }
  return { parts, place: parts.length > 0 ? place : start };
};

async function* partsAfter(
  prefix: string,
  name: string,
  artifacts: HttpPorts['artifacts'],
): AsyncGenerator<FoundPart> {
  let after: string | undefined = prefix + name;
  for (let lists = 0; lists < mostLists && after !== undefined; lists++) {
    const objects = await artifacts.list(prefix, { limit: keysPerList, after });
    for (const object of objects) yield { ...object, ...logPartOf(object.key) };
    after = objects.length < keysPerList ? undefined : objects.at(-1)?.key;
  }
}

/** Whether one more part would be too much; a single one never is. */
const isFull = (parts: readonly FoundPart[], next: FoundPart): boolean => {
  const bytes = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, next.sizeBytes);
  return parts.length >= mostParts || (parts.length > 0 && bytes > mostBytes);
};
