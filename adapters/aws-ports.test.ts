import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyInParts } from './s3-multipart-copy.ts';
import { artifactStoreSuite } from './testing/artifact-store-suite.ts';
import { auditLogSuite } from './testing/audit-log-suite.ts';
import type { AwsPorts } from './testing/aws-ports.ts';
import { makeAwsPorts } from './testing/aws-ports.ts';
import { callQuotaSuite } from './testing/call-quota-suite.ts';
import { controlLogSuite } from './testing/control-log-suite.ts';
import { credentialIssuerSuite } from './testing/credential-issuer-suite.ts';
import { dataHandleStoreSuite } from './testing/data-handle-store-suite.ts';
import { downloadsSuite } from './testing/downloads-suite.ts';
import type { Emulator } from './testing/emulator.ts';
import { startEmulator } from './testing/emulator.ts';
import { epochCheckpointStoreSuite } from './testing/epoch-checkpoint-store-suite.ts';
import { experimentStoreSuite } from './testing/experiment-store-suite.ts';
import { jobNoteStoreSuite } from './testing/job-note-store-suite.ts';
import { jobQueueSuite } from './testing/job-queue-suite.ts';
import { operationStoreSuite } from './testing/operation-store-suite.ts';
import { resultStoreSuite } from './testing/result-store-suite.ts';
import { runStoreSuite } from './testing/run-store-suite.ts';
import { rungStoreSuite } from './testing/rung-store-suite.ts';
import { occurrenceStoreSuite, scheduleStoreSuite } from './testing/schedule-store-suite.ts';
import { tokenStoreSuite } from './testing/token-store-suite.ts';
import { workerStoreSuite } from './testing/worker-store-suite.ts';
import { workflowsSuite } from './testing/workflows-suite.ts';

describe('the ports over AWS', () => {
  let emulator: Emulator;
  let ports: AwsPorts;
  const given = (): AwsPorts => ports;

  beforeAll(async () => {
    emulator = await startEmulator();
    ports = await makeAwsPorts(emulator.config);
  });
  afterAll(() => emulator.stop());

  experimentStoreSuite(given);
  operationStoreSuite(given);
  runStoreSuite(given);
  resultStoreSuite(given);
  rungStoreSuite(given);
  epochCheckpointStoreSuite(given);
  workerStoreSuite(given);
  controlLogSuite(given);
  jobNoteStoreSuite(given);
  dataHandleStoreSuite(given);
  scheduleStoreSuite(given);
  occurrenceStoreSuite(given);
  tokenStoreSuite(given);
  callQuotaSuite(given);
  auditLogSuite(given);
  artifactStoreSuite(given);
  downloadsSuite(given);
  workflowsSuite(given);
  jobQueueSuite(given);
  credentialIssuerSuite(given);

  it('copy what is too large for one call in parts', async () => {
    const { artifacts, usersArtifacts, s3 } = ports;
    const text = `${'x'.repeat(5 * 1024 ** 2)}the last part is short`;
    await artifacts.putText('large', text);
    await copyInParts(s3, {
      source: { bucket: artifacts.bucket, key: 'large' },
      target: { bucket: usersArtifacts.bucket, key: 'large' },
      sizeBytes: text.length,
      partBytes: 5 * 1024 ** 2,
    });
    expect((await usersArtifacts.getText('large')) === text).toBe(true);
  });
});
