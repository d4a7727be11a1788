import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { countedAssembly } from './api/counted-assembly.ts';
import { withCountingProxy } from './api/counting-proxy.ts';
import { onFreshStack } from './embedded-stack.ts';
import type { Detail, Figure, Measured } from './figure.ts';
import { progress } from './progress.ts';
import { shareOfGpu } from './scale/cost.ts';
import { type Costs, costPage } from './scale/cost-page.ts';
import { Ledger } from './scale/ledger.ts';
import { type Done, maxWorkers, Operator } from './scale/operator.ts';
import { type Reads, readResults } from './scale/read-results.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/* Ten thousand configs through the whole embedded stack, with an engine that trains nothing; what AWS would bill. */

const slots = 4;
const counted = ['DYNAMODB', 'S3', 'SFN', 'STS', 'BATCH', 'LAMBDA'];
const noOpEngine = [execPath, join(import.meta.dirname, 'scale', 'no-op-engine.ts')];
const costFile = join(import.meta.dirname, '..', 'docs', 'cost.md');

const few = 100;
const many = 10_000;
const progressSyncs = 100;

interface Outcome {
  readonly small: Done;
  readonly large: Done;
  readonly reads: Reads;
  readonly costs: Costs;
}

export const measureScale = (): Promise<Measured> =>
  inTemporaryFolder(async (folder) => {
    const outcome = await measure(folder);
    writeFileSync(costFile, costPage(outcome.costs));
    progress('  kept in docs/cost.md');
    return { figures: figuresOf(outcome), details: [memoryOf(outcome)] };
  });

const measure = async (folder: string): Promise<Outcome> => {
  const ledger = new Ledger();
  return withCountingProxy(async ({ url, forwardTo }) => {
    const how = { maxWorkers, url, services: counted, command: noOpEngine };
    const assembly = await countedAssembly(folder, how);
    return onFreshStack({ slots, maxWorkers, assembly }, async (stack) => {
      forwardTo(stack.endpoint);
      const operator = await Operator.prepare(stack, ledger);
      const small = await operator.fit(few);
      const one = await operator.syncing(1, progressSyncs);
      const eight = await operator.syncing(8, progressSyncs);
      const large = await operator.fit(many);
      progress(`  ${many} runs done in ${large.seconds.toFixed(1)} s`);
      ledger.close();
      const reads = await readResults(operator, many);
      const costs = { large, runs: many, sync: { one, eight } };
      return { small, large, reads, costs };
    });
  }, ledger.observe);
};

const figuresOf = ({ small, large, reads, costs }: Outcome): readonly Figure[] => [
  {
    what: `${many} configs planned, fanned out and reported done by a no-op engine`,
    value: large.seconds,
    unit: 's',
    target: { atMost: 120 },
    from: `planned in ${large.plannedSeconds.toFixed(1)} s; ${large.workers} workers, ${slots} at once`,
    why: 'The embedded AWS answers on the same cores as the functions and the engines run.',
  },
  {
    what: `Memory of the function that needs most, ${many} configs vs ${few}`,
    value: mostMemory(large).megabytes / mostMemory(small).megabytes,
    unit: 'times',
    target: { atMost: 2 },
    from: `${mostMemory(large).name} ${mostMemory(large).megabytes.toFixed(0)} MB, ${mostMemory(small).name} ${mostMemory(small).megabytes.toFixed(0)} MB`,
    why: 'Some hundred runs are held at a time; what is more is not yet collected garbage. A function has 1,024 MB.',
  },
  {
    what: `get_results of ${many} runs × 10 epochs, the first page`,
    value: reads.firstPageMs,
    unit: 'ms',
    target: { atMost: 300 },
    from: 'median of 5, 100 results each',
    why: 'A page is a query of one bucket, and one of its deleted runs.',
  },
  {
    what: `get_results of ${many} runs × 10 epochs, all as Parquet`,
    value: reads.parquetSeconds,
    unit: 's',
    target: { atMost: 5 },
    from: `${reads.rows} rows, ${(reads.bytes / 1e6).toFixed(1)} MB, downloaded`,
    why: 'Reading 100,000 items takes the embedded DynamoDB, which is one process, most of that time.',
  },
  {
    what: 'Orchestration per 1,000 runs at list prices, without syncs',
    value: (large.orchestration.usd * 1000) / many,
    unit: 'USD',
    target: { atMost: 0.25 },
    from: 'counted requests; docs/cost.md',
    why: 'See docs/cost.md.',
  },
  {
    what: 'Syncs of an unwatched worker with one run, of the cheapest GPU on Spot',
    value: shareOfGpu(costs.sync.one.usd, 'unwatched'),
    unit: 'of the price',
    target: { atMost: 0.01 },
    from: 'counted requests; docs/cost.md',
    why: 'See docs/cost.md.',
  },
];

const mostMemory = ({ memory }: Done) => {
  const [[name, megabytes] = ['', 0]] = [...memory].sort(([, a], [, b]) => b - a);
  return { name, megabytes };
};

const memoryOf = ({ small, large }: Outcome): Detail => ({
  title: 'Peak memory of functions, MB',
  header: ['Function', `${few} configs`, `${many} configs`],
  rows: [...large.memory]
    .sort(([, a], [, b]) => b - a)
    .map(([name, peak]) => [name, (small.memory.get(name) ?? 0).toFixed(0), peak.toFixed(0)]),
});
