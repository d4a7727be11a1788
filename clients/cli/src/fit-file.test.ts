import { expect, test } from 'vitest';
import { parseFitFile } from './fit-file.ts';
import { parseYaml } from './yaml-file.ts';

const parsed = (text: string) => parseFitFile(parseYaml(text, 'fit.yaml'), '/work/fit.yaml');

const least = `
spec: line.py
experiment: line
data: dh-1
config: {train: {epochs: 1}}
`;

test('the least of a fit: code, a name, a data handle, a config', () => {
  expect(parsed(least)).toEqual({
    folder: '/work',
    experiment: 'line',
    spec: '/work/line.py',
    epochCheckpoints: false,
    data: 'dh-1',
    request: { mlConfig: { train: { epochs: 1 } } },
  });
});

test('everything that can be said', () => {
  const { data, request, epochCheckpoints } = parsed(`
spec: /elsewhere/line.py
experiment: line
epoch_checkpoints: true
data:
  train: train.csv
  validation: s3://bucket/validation.parquet
  train_objects: images
  download_columns: [image]
  fraction: 0.5
  seed: 3
config:
  - $grid: {train: {optimizer: {name: SGD, args: {lr: {$list: [1e-3, 0.1]}}}}}
seed: 7
options: {num_chunks: 4, executor: single, max_workers: 3, chunk_timeout_s: 60, budget: {gpu_hours: 2}}
`);
  expect(epochCheckpoints).toBe(true);
  expect(data).toEqual({
    places: {
      train: 'train.csv',
      validation: 's3://bucket/validation.parquet',
      train_objects: 'images',
    },
    downloadColumns: ['image'],
    fraction: 0.5,
    seed: 3,
  });
  expect(request).toEqual({
    mlConfig: [
      { $grid: { train: { optimizer: { name: 'SGD', args: { lr: { $list: [0.001, 0.1] } } } } } },
    ],
    seed: 7,
    numChunks: 4,
    executor: 'single',
    maxWorkers: 3,
    chunkTimeoutSeconds: 60,
    budget: { gpuHours: 2 },
  });
});

test('it may be JSON', () => {
  const text = JSON.stringify({ spec: 'a.py', experiment: 'a', data: 'dh-1', config: [] });
  expect(parsed(text).request).toEqual({ mlConfig: [] });
});

test.each([
  ['seeds: 3', '/: unknown: seeds'],
  ['seed: x', '/seed: must be of type'],
  ['options: {executor: fast}', '/options/executor: '],
  ['options: {chunks: 3}', '/options: unknown: chunks'],
  ['epoch_checkpoints: 3', '/epoch_checkpoints: must be of type boolean'],
])('%s is told with its place', (line, words) => {
  expect(() => parsed(least + line)).toThrow(words);
});

test.each([
  ['a: [1', 'fit.yaml:'],
  ['a: 1\na: 2', 'Map keys must be unique'],
  ['lr: .nan', 'numbers must be finite'],
])('%j is no file for a fit', (text, words) => {
  expect(() => parseYaml(text, 'fit.yaml')).toThrow(words);
});

test.each(['spec', 'experiment', 'data', 'config'])('a fit without %s is refused', (name) => {
  const text = least
    .split('\n')
    .filter((line) => !line.startsWith(name))
    .join('\n');
  expect(() => parsed(text)).toThrow(`/${name}: `);
});
