import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parts } from './parts.ts';

/*
 * Runs every part of the test suite in order, or the ones named: `npm test -- lint unit`. A red part
 * stops the run. The last line counts the tests of the parts that ran.
 */

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const root = join(import.meta.dirname, '..');

const main = (): number => {
  const named = process.argv.slice(2);
  const unknown = named.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) {
    say(`no part ${unknown.join(', ')}; there are ${parts.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const total = { passed: 0, failed: 0 };
  for (const part of parts) {
    if (named.length > 0 && !named.includes(part.name)) continue;
    const { passed, failed } = runPart(part);
    total.passed += passed;
    total.failed += failed;
    if (failed > 0) break;
  }
  say(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
};

const runPart = (part: (typeof parts)[number]): Count => {
  say(`\n── ${part.name}: ${part.summary}`);
  const start = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-test-'));
  try {
    const report = join(folder, 'report');
    const { status } = spawnSync(
      part.command[0],
      part.command.slice(1).concat(part.report(report)),
      {
        cwd: root,
        stdio: 'inherit',
      },
    );
    const count = countOf(part.counts, report, status === 0);
    say(`── ${part.name}: ${count.passed} passed, ${count.failed} failed in ${seconds(start)} s`);
    return count;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const seconds = (start: number): string => ((performance.now() - start) / 1000).toFixed(1);

/** A tool that fails without naming a failed test counts as one failure. */
const countOf = (
  kind: (typeof parts)[number]['counts'],
  report: string,
  succeeded: boolean,
): Count => {
  const { passed, failed } = readers[kind](report, succeeded);
  return { passed, failed: succeeded ? failed : Math.max(failed, 1) };
};

const readers: Record<
  (typeof parts)[number]['counts'],
  (file: string, succeeded: boolean) => Count
> = {
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

process.exitCode = main();
