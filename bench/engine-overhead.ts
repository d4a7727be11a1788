import { join } from 'node:path';
import { type DigitsConfig, digitsConfig, pythonPath, writeDigits } from './digits.ts';
import type { Figure, Measured } from './figure.ts';
import { run } from './program.ts';
import { progress } from './progress.ts';
import { median } from './statistics.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/* One run in the engine, and the same run in a loop written by hand, in turns. */

const networks = {
  'a digits CNN': digitsConfig({ architecture: 'cnn', width: 16, epochs: 5, lr: 0.003 }),
  'a digits MLP': digitsConfig({ architecture: 'mlp', width: 128, epochs: 10, lr: 0.003 }),
};

interface Taken {
  readonly seconds: number;
  readonly cpu_seconds: number;
}

interface Turn {
  readonly engine: Taken;
  readonly byHand: Taken;
}

export const measureEngineOverhead = (): Promise<Measured> =>
  inTemporaryFolder(async (folder) => {
    await writeDigits(folder);
    const figures: Figure[] = [];
    for (const [name, config] of Object.entries(networks)) {
      const figure = figureOf(name, await trainInTurns(config, folder));
      progress(`  ${name}: ${figure.from}`);
      figures.push(figure);
    }
    return { figures, details: [] };
  });

const trainInTurns = async (config: DigitsConfig, folder: string): Promise<readonly Turn[]> => {
  const script = join(import.meta.dirname, 'training', 'engine_overhead.py');
  const words = [script, folder, JSON.stringify(config)];
  const { output } = await run(['python', ...words], { folder, environment: pythonPath });
  return JSON.parse(output);
};

const figureOf = (name: string, turns: readonly Turn[]): Figure => {
  const middle = (of: (turn: Turn) => number): number => median(turns.map(of));
  const engine = middle((turn) => turn.engine.seconds);
  const byHand = middle((turn) => turn.byHand.seconds);
  const cpuRatio = middle((turn) => turn.engine.cpu_seconds / turn.byHand.cpu_seconds);
  const more = middle((turn) => turn.engine.cpu_seconds - turn.byHand.cpu_seconds);
  return {
    what: `Engine against a hand-written PyTorch loop, one run of ${name}`,
    value: middle((turn) => turn.engine.seconds / turn.byHand.seconds),
    unit: 'times',
    target: { atMost: 1.03 },
    from: `${engine.toFixed(2)} s against ${byHand.toFixed(2)} s, median of ${turns.length} turns with equal weights; CPU time ${cpuRatio.toFixed(3)} ×`,
    why: `The engine spends ${(more * 1000).toFixed(0)} ms of CPU time more per run. It hands every row out as a copy, keeps each run's random numbers apart at every chunk, guards each call of user code, reports every chunk, and writes a checkpoint.`,
  };
};
