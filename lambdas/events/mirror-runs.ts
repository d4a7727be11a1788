import { plusSeconds } from '../../domain/instant.ts';
import type { RunKey } from '../../domain/run.ts';
import { trackedRun } from '../../domain/tracked-run.ts';
import type { FoundRun, RunChanges, TrackedRun } from '../../domain/tracker.ts';
import { TrackerRefusal } from '../../domain/tracker.ts';
import { logger } from '../logger.ts';
import type { MirrorPorts } from './ports.ts';

/** Runs that are brought up to date at once. */
const atOnce = 8;

/** Changes wait for a day; those that have waited for half of it are made new ones. */
const patienceSeconds = 12 * 3600;

/**
 * Makes a tracking server show the given runs as they are now. It compares what the server has with what
 * is so, and sends what differs: it may be done again at any time, and whatever was missed comes with the
 * next time. Fails while the server is away, to be tried again; what the server refuses is left out.
 */
export const mirrorRuns = async (changes: RunChanges, ports: MirrorPorts): Promise<void> => {
  const now = ports.clock.now();
  try {
    await inTurn(changes.runs, (key) => mirrorRun(key, ports));
  } catch (error) {
    if (changes.since > plusSeconds(now, -patienceSeconds)) throw error;
    logger.error('the tracking server is away for long', { since: changes.since, error });
    await inTurn(changes.runs, (key) => ports.runs.touch(key, now));
  }
};

const inTurn = async (keys: readonly RunKey[], work: (key: RunKey) => Promise<void>) => {
  for (let first = 0; first < keys.length; first += atOnce) {
    await Promise.all(keys.slice(first, first + atOnce).map(work));
  }
};

const mirrorRun = async (key: RunKey, ports: MirrorPorts): Promise<void> => {
  try {
    const wanted = await wantedOf(key, ports);
    if (wanted) await bringUpToDate(key, wanted, ports);
  } catch (error) {
    if (!(error instanceof TrackerRefusal)) throw error;
    logger.warn('the tracking server refuses a run', { ...key, error });
  }
};

/** What is to be shown of a run, and what the run knows of its showing. */
interface Wanted extends TrackedRun {
  readonly mlflowRunId: string | undefined;
  readonly completedEpochs: number;
}

const wantedOf = async (
  key: RunKey,
  { runs, experiments, operations }: MirrorPorts,
): Promise<Wanted | undefined> => {
  const [run, experiment] = await Promise.all([runs.find(key), experiments.find(key)]);
  if (!run || !experiment) return undefined;
  const operation = await operations.find(run);
  if (!operation) return undefined;
  const { mlflowRunId, completedEpochs } = run;
  return { ...trackedRun(run, experiment, operation), mlflowRunId, completedEpochs };
};

const bringUpToDate = async (key: RunKey, wanted: Wanted, ports: MirrorPorts): Promise<void> => {
  const { tracker } = ports;
  const there = await findOrCreate(wanted, ports);
  if (there.id !== wanted.mlflowRunId) await ports.runs.noteMlflowRun(key, there.id);
  // Somebody deleted it there, or it is deleted here: nothing can be told of it any more.
  if (there.isDeleted) return;
  await tellNews(wanted, there, ports);
  if (wanted.completedEpochs > there.lastEpoch) {
    await tracker.addEpochs(there.id, await ports.results.listAfter(key, there.lastEpoch));
  }
  if (!isTold(wanted, there)) await tracker.setStatus(there.id, wanted);
  if (wanted.isDeleted) await tracker.delete(there.id);
};

/** Of a run that runs again, MLflow keeps the time it ended at until it ends anew. */
const isTold = ({ status, endedAt }: Wanted, there: FoundRun): boolean =>
  status === there.status && (endedAt === undefined || endedAt === there.endedAt);

const findOrCreate = async (wanted: Wanted, { tracker }: MirrorPorts): Promise<FoundRun> => {
  const { mlflowRunId } = wanted;
  const known = mlflowRunId === undefined ? undefined : await tracker.find(mlflowRunId);
  return known ?? (await tracker.findByIdentity(wanted)) ?? tracker.create(wanted);
};

/** A param that is there stays as it is; a tag follows the run. */
const tellNews = async (wanted: Wanted, there: FoundRun, { tracker }: MirrorPorts) => {
  const params = entriesThat(wanted.params, (name) => !(name in there.params));
  const tags = entriesThat(wanted.tags, (name, value) => there.tags[name] !== value);
  if (Object.keys({ ...params, ...tags }).length > 0)
    await tracker.tell(there.id, { params, tags });
};

const entriesThat = (
  texts: Readonly<Record<string, string>>,
  hold: (name: string, value: string) => boolean,
): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).filter(([name, value]) => hold(name, value)));
