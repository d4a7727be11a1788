import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { pythonPrograms, repository } from '../../local/places.ts';
import { startProject } from './cli-scene.ts';

/* The example of digits from the terminal, to its artifacts and back. */

let project: Awaited<ReturnType<typeof startProject>>;
let digits: string;
const python = (...words: readonly string[]): string =>
  execFileSync(join(pythonPrograms, 'python'), words, { cwd: digits, encoding: 'utf8' });

beforeAll(async () => {
  project = await startProject();
  digits = join(project.folder, 'digits');
  cpSync(join(repository, 'examples/digits'), digits, { recursive: true });
});
afterAll(() => project.remove());

test('digits.yaml asks for the same configs as the script', () => {
  const told = python(
    '-c',
    'import json; from digits_config import CONFIGS; from fanfold.knobs import to_wire; print(json.dumps(to_wire(CONFIGS)))',
  );
  const { config } = parse(readFileSync(join(digits, 'digits.yaml'), 'utf8'));
  expect(config).toEqual(JSON.parse(told));
});

test('its fit reads digits, and a saved run is replayed to the same metrics', async () => {
  python('digits_data.py');
  const fit = await project.fanfold('fit', 'digits/digits.yaml');
  expect(fit.code, fit.err).toBe(0);
  const results = await project.json('results');
  const last = results.filter(({ epoch }: { epoch: number }) => epoch === 5);
  expect(last).toHaveLength(8);
  const accuracies = last.map(
    ({ metrics }: { metrics: Record<string, number> }) => metrics['val_accuracy'],
  );
  expect(Math.max(...accuracies)).toBeGreaterThan(0.95);

  const { stack } = project;
  const artifacts = `s3://${stack.bucket}/artifacts/default`;
  const { operation } = await project.json('experiments', 'end', '--artifacts', artifacts);
  const saved = join(stack.folder, 's3/000000000000', operation.artifactsUri.slice('s3://'.length));
  const replay = await project.fanfold('replay', saved, '--run', '1', '--json');
  expect(replay.code, replay.err).toBe(0);
  expect(JSON.parse(replay.out)).toEqual({ run: 1, equal: true });
  expect(replay.err).toContain('Run 1 trained again');

  const again = await project.fanfold('replay', saved, '--run', '1');
  expect(again.code).toBe(3);
  expect(again.err).toContain('is alive, and a replay would end it');
});
