import { withStack } from './embedded-stack.ts';
import type { Measured } from './figure.ts';
import { progress } from './progress.ts';
import { median } from './statistics.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/* What `npm run up` waits for, over the state of a stack that was up before. */

const ups = 3;

export const measureSecondUp = (): Promise<Measured> =>
  inTemporaryFolder(async (folder) => {
    const first = await upAndDown(folder);
    const again: number[] = [];
    for (let i = 0; i < ups; i++) again.push(await upAndDown(folder));
    const told = again.map((seconds) => seconds.toFixed(2)).join(', ');
    progress(`  first up ${first.toFixed(1)} s, then ${told} s`);
    return {
      figures: [
        {
          what: 'Second `up`',
          value: median(again),
          unit: 's',
          target: { atMost: 5 },
          from: `median of ${told}; the first took ${first.toFixed(1)} s`,
          why: 'It starts the emulator over its state, hashes the sources, and asks what is deployed.',
        },
      ],
      details: [],
    };
  });

/** The seconds until the stack answers. */
const upAndDown = async (folder: string): Promise<number> => {
  const start = performance.now();
  return withStack({ folder }, async () => (performance.now() - start) / 1000);
};
