import { join } from 'node:path';
import type { Measured } from './figure.ts';
import { run } from './program.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const runs = 32 * 8;
const chunks = 16;

/** How long a worker takes to decide which run trains next, if it had all runs of eight workers. */
export const measureNextTurn = (): Promise<Measured> =>
  inTemporaryFolder(async (folder) => {
    const script = join(import.meta.dirname, 'training', 'next_turn.py');
    const { output } = await run(['python', script, String(runs), String(chunks)], { folder });
    return {
      figures: [
        {
          what: 'Deciding which run trains next, 32 runs × 8 workers × 16 chunks',
          value: Number(output),
          unit: 'ms',
          target: { atMost: 1 },
          from: `${(Number(output) * 1000).toFixed(1)} µs, mean of every decision in 100 epochs`,
          why: 'A run’s place in the order is found in a heap.',
        },
      ],
      details: [],
    };
  });
