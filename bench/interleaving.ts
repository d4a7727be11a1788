import { join } from 'node:path';
import { digitsConfig, pythonPath, writeDigits } from './digits.ts';
import type { Figure, Measured } from './figure.ts';
import { run } from './program.ts';
import { median } from './statistics.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/* Runs that take turns on one worker, against the same runs one after the other. */

const chunks = 16;
/** Of a chunk; that of swapping is measured beside it, as it does not depend on a chunk's length. */
const chunkSeconds = 1;

const configs = [0.0005, 0.001, 0.002, 0.003, 0.004, 0.006, 0.008, 0.01].map((lr) =>
  digitsConfig({ architecture: 'cnn', width: 64, epochs: 1, lr }),
);

interface Taken {
  readonly seconds: number;
  readonly cpu_seconds: number;
}

interface Trained {
  readonly times: { readonly all_compared: Taken; readonly all_done: Taken };
  readonly swapping_seconds: number;
  readonly state_bytes: number;
}

interface Turn {
  readonly single: Trained;
  readonly byTurns: Trained;
  readonly swapped: Trained;
}

export const measureInterleaving = (): Promise<Measured> =>
  inTemporaryFolder(async (folder) => {
    await writeDigits(folder);
    const script = join(import.meta.dirname, 'training', 'interleaving.py');
    const words = [script, folder, JSON.stringify(configs), String(chunks)];
    const { output } = await run(['python', ...words], { folder, environment: pythonPath });
    const turns: readonly Turn[] = JSON.parse(output);
    return {
      figures: [comparedFigure(turns), doneFigure(turns), swappingFigure(turns)],
      details: [],
    };
  });

const comparedFigure = (turns: readonly Turn[]): Figure => {
  const single = median(turns.map((turn) => turn.single.times.all_compared.seconds));
  const byTurns = median(turns.map((turn) => turn.byTurns.times.all_compared.seconds));
  return {
    what: `${configs.length} runs, one worker, ${chunks} chunks: all runs have a first training loss, against one after the other`,
    value: median(turns.map((turn) => ratioOf(turn, 'all_compared', 'seconds'))),
    unit: 'times faster',
    target: { atLeast: 0.95 * chunks },
    from: `${byTurns.toFixed(2)} s against ${single.toFixed(2)} s, median of ${turns.length} turns with equal weights`,
    why: 'A chunk is the first of each run’s model and optimizer, which is slower than the others.',
  };
};

const doneFigure = (turns: readonly Turn[]): Figure => {
  const single = median(turns.map((turn) => turn.single.times.all_done.seconds));
  const byTurns = median(turns.map((turn) => turn.byTurns.times.all_done.seconds));
  const cpuRatio = 1 / median(turns.map((turn) => ratioOf(turn, 'all_done', 'cpu_seconds')));
  return {
    what: 'Finishing all of them, by turns against one after the other',
    value: 1 / median(turns.map((turn) => ratioOf(turn, 'all_done', 'seconds'))),
    unit: 'times',
    target: { atMost: 1.02 },
    from: `${byTurns.toFixed(2)} s against ${single.toFixed(2)} s; CPU time ${cpuRatio.toFixed(3)} ×`,
    why: `Each of ${chunks} chunks puts its run’s random numbers in place and is told of.`,
  };
};

const ratioOf = (
  { single, byTurns }: Turn,
  until: keyof Trained['times'],
  what: keyof Taken,
): number => single.times[until][what] / byTurns.times[until][what];

const swappingFigure = (turns: readonly Turn[]): Figure => {
  const seconds = median(turns.map(({ swapped }) => swapped.swapping_seconds));
  const megabytes = median(turns.map(({ swapped }) => swapped.state_bytes)) / 1e6;
  return {
    what: `Swapping a run in and another out, at ${chunkSeconds} s chunks`,
    value: (100 * seconds) / chunkSeconds,
    unit: 'percent',
    target: { atMost: 2 },
    from: `${(seconds * 1000).toFixed(1)} ms a chunk for states of ${megabytes.toFixed(1)} MB through host memory, on a CPU; as the same runs unswapped, bit for bit`,
    why: 'On a CPU nothing is moved while another run trains.',
  };
};
