import { expect, test } from 'vitest';
import {
  codeKey,
  configsKey,
  exportKey,
  logKey,
  manifestKey,
  runPrefix,
  savedArtifactsPrefix,
  secretsKey,
  uploadKey,
} from '../domain/storage-layout.ts';
import {
  anyCode,
  anyExperimentObject,
  anyExport,
  anyLog,
  anyOperationFile,
  anySavedArtifact,
  anySecret,
  anyUpload,
} from './object-keys.ts';

const experiment = { workspace: 'default', experiment: 'digits-1' };
const log = logKey(
  { ...experiment, operation: 1, worker: 1 },
  { at: '2026-01-01T00:00:00.000Z', lease: 1, sequence: 1 },
);

test.each([
  [anyUpload, uploadKey('default', 'a/b.csv')],
  [anyCode, codeKey(experiment, 'abc')],
  [anyOperationFile, configsKey(experiment, 1, 'abc')],
  [anyLog, log],
  [anyExport, exportKey('id/results.csv')],
  [anySavedArtifact, `${savedArtifactsPrefix('default')}digits/`],
  [anySecret, secretsKey(experiment, 'set')],
  [anyExperimentObject, manifestKey(experiment, 'dh-1')],
  [anyExperimentObject, `${runPrefix(experiment, 1)}metrics.json`],
])('%s covers %s', (pattern, key) => {
  expect(key).toMatch(new RegExp(`^${pattern.replaceAll('*', '.*')}$`));
});
