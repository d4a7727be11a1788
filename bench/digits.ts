import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Material } from './embedded-stack.ts';
import { run } from './program.ts';

/* The digits: what the bench trains on, and the networks that it trains. */

const training = join(import.meta.dirname, 'training');

/** Where the Python sides of the bench find each other. */
export const pythonPath = { PYTHONPATH: training };

/** Writes the partitions into a folder, as `train.parquet` and `validation.parquet`. */
export const writeDigits = async (folder: string): Promise<void> => {
  await run(['python', join(training, 'write_digits.py'), folder], { folder });
};

/** The user's part of a Fanfold experiment over the digits in a folder. */
export const digitsMaterial = (folder: string): Material => ({
  name: 'digits',
  source: readFileSync(join(training, 'digits_spec.py'), 'utf8'),
  data: {
    train: new Uint8Array(readFileSync(join(folder, 'train.parquet'))),
    validation: new Uint8Array(readFileSync(join(folder, 'validation.parquet'))),
  },
});

interface Knobs {
  readonly architecture?: 'mlp' | 'cnn';
  readonly width: number;
  readonly epochs: number;
  readonly lr: number;
}

export const digitsConfig = ({ architecture = 'mlp', width, epochs, lr }: Knobs) => ({
  train: { epochs, batch_size: 32, optimizer: { name: 'Adam', args: { lr } } },
  user_knobs: { architecture, width },
});

export type DigitsConfig = ReturnType<typeof digitsConfig>;
