import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { nagReport, templateFiles } from './synthesized.ts';

const cfnLint = join(import.meta.dirname, '../../.venv/bin/cfn-lint');

/** The CDK writes dependencies that CloudFormation would have seen by itself. */
const ignored = ['W3005'];

describe('policies', () => {
  test('cdk-nag finds nothing but what is acknowledged with its reason', () => {
    expect(nagReport).toBe('');
  });

  test('cdk-nag finds what is not acknowledged', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'fanfold-nag-'));
    const app = new App({ outdir });
    new Bucket(new Stack(app, 'Careless'), 'Bucket');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow();
    rmSync(outdir, { recursive: true });
  });

  test('cfn-lint finds nothing', async () => {
    const ignore = ignored.flatMap((rule) => ['-i', rule]);
    const { stdout } = await promisify(execFile)(cfnLint, [...ignore, '--', ...templateFiles]);
    expect(stdout).toBe('');
  });
});
