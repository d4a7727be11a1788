import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cancelOperation, listLogs } from '../../contract/operation-routes.ts';
import type { RunResource } from '../../contract/resources.ts';
import type { RunningStack } from '../../local/stack.ts';
import {
  artifactBytes,
  config,
  freshStack,
  removeStack,
  runningJobs,
  syncAs,
  until,
  userOf,
  workspace,
} from './scene.ts';

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let dataHandleId: string;
const experiment = 'faults';

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
  await user.create(experiment);
  dataHandleId = await user.download(experiment);
});
afterAll(() => removeStack(stack));

const runsOf = async ({ operation }: { operation: number }): Promise<readonly RunResource[]> =>
  (await user.runs(experiment)).filter((run) => run.operation === operation);

const modelOf = async (run: RunResource | undefined): Promise<Uint8Array> =>
  artifactBytes(stack, `${run?.checkpointUri}model.safetensors`);

describe('user code that', () => {
  test('raises fails its run with the traceback, and leaves the others alone', async () => {
    const bad = [
      config({ raise: true }),
      config({ raise_at_start: true }),
      config({ sys_exit: true }),
    ];
    const fit = await user.fit(experiment, dataHandleId, [...bad, config()]);
    const [first, second, third, fourth] = await runsOf(fit);
    expect(first).toMatchObject({ status: 'failed', endedBy: 'error' });
    expect(first?.error?.message).toContain('the loss went its own way');
    expect(first?.error?.traceback).toMatch(/Traceback[\s\S]*line\.py", line \d+, in misbehave/);
    expect(second?.error?.message).toContain('this run never starts');
    expect(third).toMatchObject({ status: 'failed' });
    expect(fourth).toMatchObject({ status: 'completed' });
    expect(fit.status).toBe('completed');
  });

  test('hangs past its timeout fails its run with where it hung, and the others go on elsewhere', async () => {
    const configs = [config({ hang: true }), config(), config()];
    const fit = await user.fit(experiment, dataHandleId, configs, { chunkTimeoutSeconds: 10 });
    const [hung, ...others] = await runsOf(fit);
    expect(hung).toMatchObject({ status: 'failed' });
    expect(hung?.error?.traceback).toContain('time.sleep(3600)');
    expect(others.map(({ status }) => status)).toEqual(['completed', 'completed']);
  });

  test('exits the process fails its run after three lost attempts, and costs the others nothing', async () => {
    const fit = await user.fit(experiment, dataHandleId, [
      config({ exit: true }),
      config(),
      config(),
    ]);
    const [exited, ...others] = await runsOf(fit);
    expect(exited).toMatchObject({ status: 'failed', endedBy: 'error' });
    expect(exited?.error?.message).toContain('3 times');
    expect(others.map(({ status }) => status)).toEqual(['completed', 'completed']);
  });

  test('prints a megabyte trains all the same, and every line is in the logs', async () => {
    const printing = config({ print_bytes: 2 ** 20 }, { epochs: 1, batch_size: 64 });
    const fit = await user.fit(experiment, dataHandleId, printing);
    expect(await runsOf(fit)).toMatchObject([{ status: 'completed' }]);
    let lines = 0;
    let cursor: string | undefined;
    for (;;) {
      const query = { operation: String(fit.operation), cursor };
      const { body } = await user.call(listLogs, { params: { workspace, experiment }, query });
      if (body.nextCursor === cursor) break;
      lines += body.items.filter(({ message }) => message === 'x'.repeat(63)).length;
      cursor = body.nextCursor;
    }
    expect(lines).toBe(2 ** 20 / 64);
  });
});

test('jobs whose SubmitJob is throttled are submitted again, and all is trained', async () => {
  const left = join(stack.folder, 'throttled-submits');
  writeFileSync(left, '3');
  const fit = await user.fit(experiment, dataHandleId, [config(), config()]);
  expect(readFileSync(left, 'utf8')).toBe('0');
  expect(fit).toMatchObject({ status: 'completed', plan: { workers: 2 } });
  expect(fit.jobs.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  expect((await runsOf(fit)).map(({ status }) => status)).toEqual(['completed', 'completed']);
});

describe('a worker that in mid-epoch', () => {
  const slow = config({ pause_s: 0.15 }, { epochs: 3, batch_size: 8 });
  let alone: RunResource | undefined;
  beforeAll(async () => {
    [alone] = await runsOf(await user.fit(experiment, dataHandleId, slow));
  });

  /** A run within its second epoch, and its worker's job. */
  const startSlow = async () => {
    const { operation } = await user.start(experiment, dataHandleId, slow);
    const runId = (await until('a run', async () => (await runsOf({ operation }))[0])).runId;
    await user.untilRun(
      experiment,
      runId,
      'in the middle of its second epoch',
      ({ progress }) => progress?.epoch === 2 && progress.chunk >= 1,
    );
    const [job] = runningJobs(stack);
    if (!job) throw new Error('no job runs');
    return { operation, runId, job };
  };

  test.each([
    ['is killed', 'SIGKILL', 0],
    ['has its machine taken away', 'SIGTERM', 1],
  ] as const)(
    '%s is retried, and its run ends with the weights of one left alone',
    async (_, signal, interruptions) => {
      const { operation, job } = await startSlow();
      process.kill(job.pid, signal);
      await user.ended(experiment, operation);
      const [lost] = await runsOf({ operation });
      expect(lost).toMatchObject({ status: 'completed', attempts: 2, interruptions });
      expect(await modelOf(lost)).toEqual(await modelOf(alone));
    },
  );

  test('was fenced gets no new credentials, and nobody reads what it uploads with the old ones', async () => {
    const { operation, runId, job } = await startSlow();
    // Takes over from the engine, which stands still meanwhile, and is fenced by the next attempt.
    process.kill(job.pid, 'SIGSTOP');
    const { assignment, credentials, token } = await syncAs(stack, job, { attempt: 2 });
    const again = { attempt: 2, needsCredentials: true, room: 0 };
    const fenced = {
      ...job,
      environment: { ...job.environment, FANFOLD_WORKER_TOKEN: `${token}` },
    };
    await syncAs(stack, fenced, { ...again, needsCredentials: false, sequence: 2 });
    process.kill(job.pid, 'SIGKILL');
    const leftSeconds = (Date.parse(credentials?.expiresAt ?? '') - Date.now()) / 1000;
    expect(leftSeconds).toBeGreaterThan(0);
    expect(leftSeconds).toBeLessThanOrEqual(15 * 60);

    const prefix = `${assignment?.prefix}runs/${runId}/checkpoints/epoch-0003.worker-1.lease-2/`;
    const s3 = new S3Client({ ...stack.aws, ...(credentials && { credentials }) });
    const upload = async () =>
      Promise.all(
        ['model.safetensors', 'manifest.json'].map((name) =>
          s3.send(new PutObjectCommand({ Bucket: stack.bucket, Key: prefix + name, Body: '?' })),
        ),
      );
    await upload();
    const ownsAnother = ({ attempts }: RunResource) => attempts > 2;
    await user.untilRun(experiment, runId, 'is in the next attempt’s hands', ownsAnother);
    await upload();
    const refused = syncAs(stack, fenced, { ...again, sequence: 3 });
    await expect(refused).rejects.toMatchObject({ name: 'worker-fenced' });

    await user.ended(experiment, operation);
    const [run] = await runsOf({ operation });
    expect(run).toMatchObject({ status: 'completed' });
    expect(run?.checkpointUri).not.toContain(prefix);
    expect(await modelOf(run)).toEqual(await modelOf(alone));
  });
});

describe('cancelling', () => {
  test('stops a fit; its runs keep their metrics and checkpoints, and no worker is left', async () => {
    const endless = config({ pause_s: 0.1 }, { epochs: 1000 });
    const configs = [endless, endless, endless];
    const how = { executor: 'single' };
    const { operation } = await user.start(experiment, dataHandleId, configs, how);
    const first = (await until('a first run', async () => (await runsOf({ operation }))[0])).runId;
    await user.untilRun(
      experiment,
      first,
      'has finished an epoch',
      (run) => run.completedEpochs > 0,
    );
    const cancel = () =>
      user.call(cancelOperation, { params: { workspace, experiment, operation: 'current' } });
    expect((await cancel()).status).toBe(202);
    expect(await user.ended(experiment, operation)).toMatchObject({ status: 'cancelled' });
    expect(runningJobs(stack)).toEqual([]);
    const [run, , waiting] = await runsOf({ operation });
    expect(run).toMatchObject({ status: 'stopped', endedBy: 'cancelled' });
    expect(run?.completedEpochs).toBeGreaterThan(0);
    expect(run?.checkpointUri).toBeDefined();
    expect(waiting).toMatchObject({ status: 'stopped', endedBy: 'cancelled', completedEpochs: 0 });
    expect(await cancel()).toMatchObject({ status: 200, body: { cancelled: false } });
  });
});
