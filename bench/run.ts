import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureApi } from './api.ts';
import { measureBundles } from './bundles.ts';
import { endAll } from './endings.ts';
import { measureEngineOverhead } from './engine-overhead.ts';
import type { Measured } from './figure.ts';
import { measureInterleaving } from './interleaving.ts';
import { describeMachine } from './machine.ts';
import { measureNextTurn } from './next-turn.ts';
import { progress } from './progress.ts';
import { resultsPage, tableOf } from './report.ts';
import { measureScale } from './scale.ts';
import { measureSecondUp } from './second-up.ts';
import { measureSweep } from './sweep.ts';

/*
 * `npm run bench`: measures what Fanfold promises and prints it beside the targets; `npm run bench --
 * api bundles` measures the parts it names. A run of all parts is kept in `bench/RESULTS.md`.
 */

const measurements: Readonly<Record<string, () => Promise<Measured>>> = {
  engine: measureEngineOverhead,
  turns: measureNextTurn,
  interleaving: measureInterleaving,
  sweep: measureSweep,
  api: measureApi,
  scale: measureScale,
  bundles: measureBundles,
  up: measureSecondUp,
};

const main = async (): Promise<number> => {
  const named = process.argv.slice(2);
  const known = Object.keys(measurements);
  const unknown = named.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    progress(`no measurement ${unknown.join(', ')}; there are ${known.join(', ')}`);
    return 2;
  }
  const machine = await describeMachine();
  const measured = await measure(named.length > 0 ? named : known);
  print([...machine, '', tableOf(measured.figures)].join('\n'));
  if (named.length === 0) keep(measured, machine);
  return 0;
};

/** One after the other, as they would disturb each other. */
const measure = async (names: readonly string[]): Promise<Measured> => {
  const all: Measured[] = [];
  for (const name of names) {
    progress(`${name} …`);
    const measurement = measurements[name];
    if (measurement) all.push(await measurement());
  }
  return {
    figures: all.flatMap(({ figures }) => figures),
    details: all.flatMap(({ details }) => details),
  };
};

const keep = (measured: Measured, machine: readonly string[]): void => {
  const date = new Date().toISOString().slice(0, 10);
  const page = resultsPage(measured, { command: 'npm run bench', date, machine });
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), page);
  print('\nKept, with details and what was missed, in bench/RESULTS.md.');
};

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

let cutShort: Promise<void> | undefined;
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => {
    cutShort = endAll().finally(() => process.exit(status));
  });

process.exitCode = await main().catch(async (error: unknown) => {
  // What was ended under it fails; that is no news.
  await cutShort;
  throw error;
});
