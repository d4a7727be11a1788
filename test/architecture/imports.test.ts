import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ICruiseResult } from 'dependency-cruiser';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterEach, describe, expect, test } from 'vitest';
import { folders, importRules } from './import-rules.ts';

/** Fewer modules than this and the tool has not seen the project (it exits 0 on none). */
const fewestModules = 200;

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
    ['domain', '@aws-sdk/client-s3', 'not-in-allowed'],
    ['domain', 'node:fs', 'not-in-allowed'],
    ['domain', '../../contract/routes.ts', 'not-in-allowed'],
    ['contract', '../../lambdas/logger.ts', 'not-in-allowed'],
    ['contract', 'node:fs', 'only-generate-touches-files'],
    ['adapters', '../../lambdas/logger.ts', 'not-in-allowed'],
    ['adapters', 'vitest', 'not-in-allowed'],
    ['adapters', '../testing/samples.ts', 'what-runs-knows-no-tests'],
    ['lambdas', '../../adapters/system-clock.ts', 'use-cases-know-no-cloud'],
    ['lambdas', '@middy/core', 'use-cases-know-no-cloud'],
    ['lib', '../../domain/run.ts', 'not-in-allowed'],
    ['bin', 'aws-cdk-lib', 'not-in-allowed'],
    ['clients/cli', '../../../domain/run.ts', 'not-in-allowed'],
    ['clients/cli', '../../../lambdas/logger.ts', 'not-in-allowed'],
    ['clients/cli', '@aws-sdk/client-s3', 'not-in-allowed'],
    ['clients/cli', 'esbuild', 'only-pack-bundles'],
    ['local', '../../lib/api.ts', 'not-in-allowed'],
    ['examples', '../../contract/client.ts', 'not-in-allowed'],
    ['test', './gone.ts', 'no-unresolved'],
  ])('%s may not import %s', async (folder, target, rule) => {
    const trial = join(folder, `trial-${process.pid}`);
    made.push(trial);
    mkdirSync(trial, { recursive: true });
    writeFileSync(join(trial, 'offender.ts'), `import '${target}';\n`);
    const violations = broken(await check(trial));
    expect(violations).toContainEqual(expect.stringContaining(`${rule}: ${trial}/offender.ts →`));
  });
});
