import { digitsConfig, digitsMaterial, writeDigits } from './digits.ts';
import { onFreshStack, userOf } from './embedded-stack.ts';
import type { Figure, Measured } from './figure.ts';
import { progress } from './progress.ts';
import { median } from './statistics.ts';
import { type FitOutcome, fit, secondsUntilFirstMetrics } from './sweep/local-fit.ts';
import {
  metaflowForeach,
  type Outcome,
  oneProcessPerConfig,
  rayTune,
  type Sweep,
} from './sweep/rivals.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/* 16 configs trained through Fanfold and three other ways: same data, same code, same results. */

const slots = 2;
/** A fit is short beside its rivals: the median of a few costs little. */
const fits = 3;
/** Of a loss; fused training rounds otherwise than a plain loop. */
const sameWithin = 0.001;

const configs = [16, 32, 64, 128].flatMap((width) =>
  [0.001, 0.003, 0.01, 0.03].map((lr) => digitsConfig({ width, lr, epochs: 10 })),
);
const warmUp = [digitsConfig({ width: 16, lr: 0.01, epochs: 1 })];

const rivals = [
  { name: 'one process per config', train: oneProcessPerConfig, atLeast: 8 },
  { name: 'Ray Tune', train: rayTune, atLeast: 10 },
  { name: 'Metaflow foreach', train: metaflowForeach, atLeast: 12 },
] as const;

export const measureSweep = (): Promise<Measured> =>
  inTemporaryFolder(async (folder) => {
    await writeDigits(folder);
    const { fitted, sequential, firstMetrics } = await measureFits(folder);
    const figures: Figure[] = [];
    for (const { name, train, atLeast } of rivals) {
      const outcome = await measureRival(name, train, { configs, folder });
      if (!sameLosses(outcome, fitted)) throw new Error(`${name} did not train the same`);
      figures.push({
        what: `16 digits MLPs × 10 epochs through a local fit, against ${name}`,
        value: outcome.seconds / fitted.seconds,
        unit: 'times faster',
        target: { atLeast },
        from: `${told(fitted)} against ${told(outcome)}`,
        why: whySlow(fitted, outcome),
      });
    }
    figures.push(firstMetricsFigure(firstMetrics, sequential, fitted));
    return { figures, details: [] };
  });

const measureFits = (folder: string) =>
  onFreshStack({ slots }, async (stack) => {
    const user = userOf(stack);
    const trial = await user.prepare(digitsMaterial(folder));
    await fit(user, trial, warmUp);
    const outcomes: FitOutcome[] = [];
    for (let i = 0; i < fits; i++) {
      const outcome = await fit(user, trial, configs);
      progress(`  a local fit: ${told(outcome)} (${phasesTold(outcome)})`);
      outcomes.push(outcome);
    }
    const fitted = outcomes.toSorted((a, b) => a.seconds - b.seconds)[fits >> 1];
    if (!fitted) throw new Error('nothing was fitted');
    const sequential = await fit(user, trial, configs, { executor: 'single' });
    return {
      fitted,
      sequential,
      firstMetrics: await secondsUntilFirstMetrics(user, trial, configs),
    };
  });

const measureRival = async (
  name: string,
  train: (sweep: Sweep) => Promise<Outcome>,
  sweep: Sweep,
): Promise<Outcome> => {
  const outcome = await train(sweep);
  progress(`  ${name}: ${told(outcome)}`);
  return outcome;
};

/** Every side draws the same numbers; a difference would mean that it trained something else. */
const sameLosses = (one: Outcome, other: Outcome): boolean =>
  one.losses.length === configs.length &&
  one.losses.every((loss, i) => Math.abs(loss / (other.losses[i] ?? 0) - 1) < sameWithin);

const told = ({ seconds }: Outcome): string => `${seconds.toFixed(1)} s`;

const phasesTold = ({ phases }: FitOutcome): string =>
  Object.entries(phases)
    .map(([phase, seconds]) => `${phase} ${seconds.toFixed(1)} s`)
    .join(', ');

const whySlow = ({ seconds, phases, runSeconds }: FitOutcome, rival: Outcome): string => {
  const { planning, starting, training, settling } = phases;
  return [
    `Of the fit's ${seconds.toFixed(1)} s, ${planning.toFixed(1)} s went until its workers were`,
    `planned, ${starting.toFixed(1)} s until the first run trained (each of ${slots} workers starts`,
    `Python and imports PyTorch on a core of its own), ${training.toFixed(1)} s into training (a run`,
    `took ${median(runSeconds).toFixed(2)} s; the first of a worker, which imports torchmetrics,`,
    `${Math.max(...runSeconds).toFixed(1)} s) and ${settling.toFixed(1)} s until the caller saw the end.`,
    `The rival spends ${((rival.seconds * slots) / configs.length).toFixed(1)} s per config. Were`,
    `training free, the ratio would be ${(rival.seconds / (seconds - training)).toFixed(1)}.`,
  ].join(' ');
};

const firstMetricsFigure = (
  firstMetrics: number,
  sequential: FitOutcome,
  { executor }: FitOutcome,
): Figure => {
  const makespan = sequential.phases.training;
  return {
    what: 'All runs of that fit have a first validation metric',
    value: firstMetrics / makespan,
    unit: 'of the makespan',
    target: { atMost: 1 / 8 },
    from: `${firstMetrics.toFixed(1)} s after the first run’s start; one after the other takes ${makespan.toFixed(1)} s`,
    why: `The executor was \`${executor}\`. Every run ends its first epoch before any begins its second, but a worker first imports what the first run needs, and tries each group of runs, fused and alone, before it trains them as one.`,
  };
};
