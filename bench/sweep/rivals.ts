import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DigitsConfig, pythonPath } from '../digits.ts';
import { run } from '../program.ts';

/* Other ways to train the same configs on the same data with the same code, two at a time. */

export interface Sweep {
  readonly configs: readonly DigitsConfig[];
  /** Holds the data. */
  readonly folder: string;
}

export interface Outcome {
  readonly seconds: number;
  /** The last validation loss of each config. */
  readonly losses: readonly number[];
}

/** As everywhere here two train at a time, each gets one core of two. */
const oneThread = { OMP_NUM_THREADS: '1', ...pythonPath };

const script = (name: string): string => join(import.meta.dirname, name);

export const oneProcessPerConfig = async ({ configs, folder }: Sweep): Promise<Outcome> => {
  const losses: number[] = [];
  const waiting = configs.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [i, config] of waiting) {
      const words = [script('one_process.py'), folder, JSON.stringify(config)];
      const { output } = await run(['python', ...words], { folder, environment: oneThread });
      losses[i] = lossesIn(output)[0] ?? Number.NaN;
    }
  };
  const start = performance.now();
  await Promise.all([takeTurns(), takeTurns()]);
  return { seconds: (performance.now() - start) / 1000, losses };
};

export const rayTune = async ({ configs, folder }: Sweep): Promise<Outcome> => {
  const words = [script('ray_tune.py'), folder, JSON.stringify(configs)];
  const environment = { ...oneThread, RAY_USAGE_STATS_ENABLED: '0' };
  const { output, seconds } = await run(['python', ...words], { folder, environment });
  return { seconds, losses: lossesIn(output) };
};

export const metaflowForeach = async ({ configs, folder }: Sweep): Promise<Outcome> => {
  const words = [script('metaflow_foreach.py'), '--quiet', '--metadata', 'local'];
  words.push('--datastore', 'local', 'run', '--max-workers', '2', '--data', folder);
  words.push('--configs', JSON.stringify(configs));
  const environment = { ...oneThread, USERNAME: 'bench' };
  const { seconds } = await run(['python', ...words], { folder, environment });
  return { seconds, losses: lossesIn(readFileSync(join(folder, 'results.jsonl'), 'utf8')) };
};

const lossesIn = (lines: string): readonly number[] =>
  lines
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): number => JSON.parse(line).val_loss);
