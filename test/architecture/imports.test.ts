import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ICruiseResult } from 'dependency-cruiser';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterEach, describe, expect, test } from 'vitest';
import { importRules } from './import-rules.ts';

const folders = ['bin', 'lib', 'lambdas', 'contract', 'domain', 'adapters', 'local'];

/** Fewer modules than this and the tool has not seen the project (it exits 0 on none). */
const fewestModules = 90;

const check = async (...paths: string[]): Promise<ICruiseResult> => {
  const { options, ...ruleSet } = importRules;
  const { output } = await cruise(paths, { ...options, validate: true, ruleSet }, undefined, {
    tsConfig: extractTSConfig('tsconfig.json'),
  });
  if (typeof output === 'string') throw new Error(output);
  return output;
};

const broken = ({ summary }: ICruiseResult): string[] =>
  summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);

test('every import is an allowed one', async () => {
  const result = await check(...folders);
  expect(broken(result)).toEqual([]);
  expect(result.summary.totalCruised).toBeGreaterThan(fewestModules);
});

describe('a forbidden import is found:', () => {
  const made: string[] = [];
  afterEach(() => {
    for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['domain', "import '@aws-sdk/client-s3';"],
    ['domain', "import '../../contract/routes.ts';"],
    ['contract', "import '../../lambdas/logger.ts';"],
    ['lambdas', "import '../../adapters/system-clock.ts';"],
    ['lib', "import '../../domain/run.ts';"],
    ['local', "import '../../lib/api.ts';"],
  ])('%s may not %s', async (folder, line) => {
    const trial = join(folder, `trial-${process.pid}`);
    made.push(trial);
    mkdirSync(trial, { recursive: true });
    writeFileSync(join(trial, 'offender.ts'), `${line}\nexport const x = 1;\n`);
    const violations = broken(await check(trial));
    expect(violations.some((violation) => violation.includes('offender.ts'))).toBe(true);
  });
});
