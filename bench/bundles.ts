import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../lib/bundle.ts';
import { handlers } from '../lib/handlers.ts';
import type { Measured } from './figure.ts';
import { run } from './program.ts';
import { progress } from './progress.ts';
import { median } from './statistics.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/* Each function's bundle: its size, and what its import takes in a fresh Node 24. */

const bytesPerKb = 1024;
const imports = 5;

interface Bundle {
  readonly useCase: string;
  readonly sizeKb: number;
  readonly importMs: number;
}

export const measureBundles = (): Promise<Measured> =>
  inTemporaryFolder(async (folder) => {
    bundle(handlers, folder);
    const bundles: Bundle[] = [];
    for (const { useCase } of handlers) {
      const file = join(folder, useCase, 'index.mjs');
      const sizeKb = statSync(file).size / bytesPerKb;
      bundles.push({ useCase, sizeKb, importMs: await importTime(file, folder) });
    }
    progress(`  ${bundles.length} bundles, each imported ${imports} times`);
    return report(bundles);
  });

const importTime = async (file: string, folder: string): Promise<number> => {
  const code = `const start = performance.now();
    await import(${JSON.stringify(pathToFileURL(file).href)});
    process.stdout.write(String(performance.now() - start));`;
  const taken: number[] = [];
  for (let i = 0; i < imports; i++) {
    const { output } = await run(['node', '--input-type=module', '--eval', code], { folder });
    taken.push(Number(output));
  }
  return median(taken);
};

const report = (bundles: readonly Bundle[]): Measured => {
  const [largest] = bundles.toSorted((a, b) => b.sizeKb - a.sizeKb);
  const [slowest] = bundles.toSorted((a, b) => b.importMs - a.importMs);
  if (!largest || !slowest) throw new Error('there are no functions');
  return {
    figures: [
      {
        what: `Largest of ${bundles.length} Lambda bundles, minified`,
        value: largest.sizeKb,
        unit: 'KB',
        target: { atMost: 450 },
        from: largest.useCase,
        why: `${bundles.filter(({ sizeKb }) => sizeKb > 450).length} of the bundles are larger than that; the table of bundles has them all.`,
      },
      {
        what: 'Slowest import of a bundle in a fresh Node 24',
        value: slowest.importMs,
        unit: 'ms',
        target: { atMost: 80 },
        from: `${slowest.useCase}, median of ${imports}`,
        why: `${bundles.filter(({ importMs }) => importMs > 80).length} of the bundles take longer than that; the table of bundles has them all.`,
      },
    ],
    details: [
      {
        title: 'Lambda bundles, the largest first',
        header: ['Function', 'Size, KB', 'Import, ms'],
        rows: bundles
          .toSorted((a, b) => b.sizeKb - a.sizeKb)
          .map(({ useCase, sizeKb, importMs }) => [
            useCase,
            sizeKb.toFixed(0),
            importMs.toFixed(1),
          ]),
      },
    ],
  };
};
