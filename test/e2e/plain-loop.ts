import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultResource, RunResource } from '../../contract/resources.ts';
import type { RunningStack } from '../../local/stack.ts';
import { artifactBytes, trainCsv, validationCsv } from './scene.ts';

interface Trained {
  readonly results: readonly ResultResource[];
  readonly seed: number;
  /** What was trained, if it is not the line on its standard points. */
  readonly on?: { readonly spec: string; readonly train: string; readonly validation: string };
}

const line = {
  spec: join(import.meta.dirname, 'specs/line.py'),
  train: trainCsv,
  validation: validationCsv,
};

/**
 * Trains the configs of runs by hand, each for as many epochs as its run finished, and compares every
 * weight and every metric, bit for bit.
 */
export const compareWithPlainLoop = async (
  stack: RunningStack,
  runs: readonly RunResource[],
  { results, seed, on = line }: Trained,
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfold-plain-'));
  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  try {
    const trials = runs.map(async (run) => ({
      config: asFarAsTrained(run),
      model: put(
        `${run.runId}.safetensors`,
        await artifactBytes(stack, `${run.checkpointUri}model.safetensors`),
      ),
      results: results.filter(({ runId }) => runId === run.runId),
    }));
    execFileSync('.venv/bin/python', [
      join(import.meta.dirname, 'plain_loop.py'),
      on.spec,
      put('train.csv', on.train),
      put('validation.csv', on.validation),
      String(seed),
      put('trials.json', JSON.stringify(await Promise.all(trials))),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const asFarAsTrained = ({ config, completedEpochs }: RunResource) => ({
  ...config,
  train: { ...Object(config['train']), epochs: completedEpochs },
});
