import type { Experiment } from '../../domain/experiment.ts';
import type { Occurrence, Schedule, Template } from '../../domain/schedule.ts';
import { enter, experimentNameOf, isOf } from '../../domain/schedule.ts';
import { placeExperiment } from '../place-experiment.ts';
import { sha256 } from '../token.ts';
import type { Change } from './change.ts';
import { findTemplate } from './find-template.ts';
import type { OccurrencePorts } from './ports.ts';

/** Rounds lost to others who make experiments in the workspace. */
const maxRounds = 20;

/** Makes the occurrence's experiment, or finds that it may not be made now. */
export const begin = async (now: Occurrence, ports: OccurrencePorts): Promise<Change> => {
  const schedule = await ports.schedules.find(now);
  if (!schedule) throw new Error(`schedule ${now.schedule} is gone`);
  const template = await findTemplate(now, ports.artifacts);
  for (let round = 0; round < maxRounds; round++) {
    const alive = await ports.experiments.findAlive(now.workspace);
    const own = await findOwn(now, template, { alive, ports });
    if (own) return { status: 'running', experiment: own.experiment, reason: undefined };
    const stays = await staysOut(now, schedule, { alive, ports });
    if (stays) return stays.change;
    const placed = await placeExperiment(alive, wantedOf(now, template), ports);
    if (placed) return { status: 'running', experiment: placed.experiment, reason: undefined };
  }
  throw new Error(`occurrence ${now.at} of ${now.schedule} lost ${maxRounds} races in a row`);
};

interface Around {
  readonly alive: Experiment | undefined;
  readonly ports: OccurrencePorts;
}

/** One that was made for it before, of which it was not told. */
const findOwn = async (
  now: Occurrence,
  template: Template,
  { alive, ports }: Around,
): Promise<Experiment | undefined> => {
  if (alive && isOf(alive, now)) return alive;
  const key = { workspace: now.workspace, experiment: experimentNameOf(template, now) };
  const earlier = await ports.experiments.find(key);
  return earlier && isOf(earlier, now) ? earlier : undefined;
};

const staysOut = async (
  now: Occurrence,
  { overlap }: Schedule,
  { alive, ports }: Around,
): Promise<{ readonly change: Change } | undefined> => {
  const open =
    overlap === 'queue' ? await ports.occurrences.listOpen({ limit: 100 }, now) : undefined;
  const othersWait = open?.items.some(({ status, at }) => status === 'waiting' && at !== now.at);
  const entrance = enter(overlap, alive, othersWait ?? false);
  if (entrance.enters) return undefined;
  const { status, reason } = entrance;
  if (now.status === 'waiting') return { change: undefined };
  return {
    change: { status, reason, ...(status === 'skipped' && { endedAt: ports.clock.now() }) },
  };
};

const wantedOf = (now: Occurrence, template: Template) => ({
  workspace: now.workspace,
  name: experimentNameOf(template, now),
  source: template.mlSpec.source,
  mlSpec: { fileName: template.mlSpec.fileName, sha256: sha256(template.mlSpec.source) },
  epochCheckpoints: template.epochCheckpoints,
  occurrence: { schedule: now.schedule, at: now.at },
});
