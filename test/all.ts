import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Part, parts } from './parts.ts';
import { type Ending, runCommand } from './run-command.ts';

/*
 * Runs every part of the test suite in order, or the ones named: `npm test -- lint unit`; some only then. A red part
 * stops the run, and so does a signal. The last line counts the tests of the parts that ran.
 */

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const root = join(import.meta.dirname, '..');

const main = async (): Promise<number> => {
  const named = process.argv.slice(2);
  const unknown = named.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) {
    say(`no part ${unknown.join(', ')}; there are ${parts.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const total = { passed: 0, failed: 0 };
  let askedBy: Ending['askedBy'];
  for (const part of parts.filter(isAskedFor(named))) {
    const outcome = await runPart(part);
    total.passed += outcome.passed;
    total.failed += outcome.failed;
    askedBy = outcome.askedBy;
    if (outcome.failed > 0) break;
  }
  say(`\n${total.passed} passed, ${total.failed} failed`);
  if (askedBy !== undefined) return 128 + constants.signals[askedBy];
  return total.failed === 0 ? 0 : 1;
};

const isAskedFor =
  (named: readonly string[]) =>
  ({ name, isApart = false }: Part): boolean =>
    named.length > 0 ? named.includes(name) : !isApart;

const runPart = async (part: Part): Promise<Count & Pick<Ending, 'askedBy'>> => {
  say(`\n── ${part.name}: ${part.summary}`);
  const start = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-test-'));
  try {
    const report = join(folder, 'report');
    const [program, ...words] = part.command;
    const { succeeded, askedBy } = await runCommand(program, [...words, ...part.report(report)], {
      cwd: root,
    });
    const count = countOf(part.counts, report, succeeded);
    const why = askedBy === undefined ? '' : `, asked to go by ${askedBy}`;
    const told = `${count.passed} passed, ${count.failed} failed in ${seconds(start)} s${why}`;
    say(`── ${part.name}: ${told}`);
    return { ...count, askedBy };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const seconds = (start: number): string => ((performance.now() - start) / 1000).toFixed(1);

/** A tool that fails without naming a failed test counts as one failure. */
const countOf = (kind: Part['counts'], report: string, succeeded: boolean): Count => {
  const { passed, failed } = readers[kind](report, succeeded);
  return { passed, failed: succeeded ? failed : Math.max(failed, 1) };
};

const readers: Record<Part['counts'], (file: string, succeeded: boolean) => Count> = {
  tool: (_, succeeded) => ({ passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1 }),
  vitest: (file) => {
    const report = JSON.parse(readOr(file, '{}'));
    return { passed: report.numPassedTests ?? 0, failed: report.numFailedTests ?? 0 };
  },
  pytest: (file) => {
    const attribute = (name: string): number =>
      Number(new RegExp(`<testsuite [^>]*${name}="(\\d+)"`).exec(readOr(file, ''))?.[1] ?? 0);
    const failed = attribute('failures') + attribute('errors');
    return { passed: attribute('tests') - failed - attribute('skipped'), failed };
  },
};

const readOr = (file: string, otherwise: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
};

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

process.exitCode = await main();
