import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endExperiment } from '../../contract/experiment-routes.ts';
import { cancelOperation } from '../../contract/operation-routes.ts';
import {
  deleteSchedule,
  getSchedule,
  listSchedules,
  pauseSchedule,
  resumeSchedule,
} from '../../contract/schedule-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { artifactBytes, config, freshStack, removeStack, until } from './scene.ts';
import { listenTo, over, scheduleUserOf } from './schedules-scene.ts';

let stack: RunningStack;
let webhook: Awaited<ReturnType<typeof listenTo>>;
const userIn = (workspace: string) => scheduleUserOf({ ...stack, workspace });

beforeAll(async () => {
  stack = await freshStack({ slots: 4 });
  const { Topics = [] } = await new SNSClient(stack.aws).send(new ListTopicsCommand({}));
  webhook = await listenTo(stack, Topics[0]?.TopicArn ?? '');
});
afterAll(async () => {
  webhook.stop();
  await removeStack(stack);
});

/** Runs that go on until somebody ends them. */
const endless = { fit: { mlConfig: config({ pause_s: 0.1 }, { epochs: 1000 }) } };

const heard = (what: string): Promise<boolean> =>
  until(
    `the announcement of ${what}`,
    async () => webhook.subjects().some((subject) => subject?.includes(what)),
    30,
  );

/** Leaves its place to the other tests' jobs. */
const end = async (user: ReturnType<typeof userIn>, experiment = ''): Promise<void> => {
  const params = { workspace: user.workspace, experiment };
  await user.call(cancelOperation, { params: { ...params, operation: 'current' } });
};

describe.concurrent('a schedule', () => {
  test('fires by itself, and its best run becomes the champion until a better one comes', async () => {
    const user = userIn('default');
    const schedule = 'nightly';
    const params = { workspace: 'default', schedule };
    const artifactsBucket = `s3://${stack.bucket}/artifacts/default`;
    const champion = { metric: 'val_loss', tolerance: 0.001 };
    const everyMinute = { expression: 'cron(* * * * ? *)', timezone: 'Asia/Kathmandu' };
    await user.put(schedule, everyMinute, { artifactsBucket, champion });
    const [fired] = await until('its firing', async () => {
      const found = await user.occurrences(schedule);
      return found.length > 0 && found;
    });
    await user.call(pauseSchedule, { params });
    expect(fired).toMatchObject({ cause: 'schedule', at: expect.stringMatching(/:00\.000Z$/) });

    // EventBridge delivers at least once.
    await fireAgain({ ...params, scheduledAt: fired?.at.replace('.000Z', 'Z') ?? '' });
    const first = await user.untilOccurrence(schedule, fired?.at ?? '', ...over);
    expect(await user.occurrences(schedule)).toHaveLength(1);
    expect(first).toMatchObject({
      status: 'completed',
      experiment: expect.stringMatching(/^nightly_\d{8}T\d{4}$/),
      bestRunId: 1,
      outcome: { verdict: 'promoted', metric: 'test_loss', challenger: expect.any(Number) },
      artifactsUri: `${artifactsBucket}/${first.experiment}/`,
    });
    const saved = await artifactBytes(stack, `${first.artifactsUri}runs/1/run.json`);
    expect(JSON.parse(new TextDecoder().decode(saved)).status).toBe('completed');
    const crowned = (await user.call(getSchedule, { params })).body;
    expect(crowned).toMatchObject({
      state: 'paused',
      champion: { experiment: first.experiment, runId: 1, value: first.outcome?.challenger },
    });

    // The same again, from the same seed, is no better.
    const same = await user.runThrough(schedule);
    expect(same.outcome).toEqual({
      ...{ verdict: 'kept', metric: 'test_loss', betterBy: 0 },
      ...{ challenger: first.outcome?.challenger, champion: first.outcome?.challenger },
    });

    const longer = { fit: { mlConfig: [config(), config({}, { epochs: 12 })] } };
    await user.put(schedule, everyMinute, { ...longer, champion });
    const better = await user.runThrough(schedule);
    expect(better).toMatchObject({ bestRunId: 2, outcome: { verdict: 'promoted' } });
    const by = Number(first.outcome?.challenger) - Number(better.outcome?.challenger);
    expect(better.outcome?.betterBy).toBeCloseTo(by, 12);
    expect((await user.call(getSchedule, { params })).body).toMatchObject({
      state: 'paused',
      champion: { experiment: better.experiment, runId: 2 },
    });
    await heard('default/nightly: run 1 promoted test_loss');
    await heard('default/nightly: champion kept, run 1 has test_loss');
    await heard(', better by');
  });

  test('that skips leaves alone what is alive in its workspace', async () => {
    const user = userIn('skipping');
    await user.create('somebodys');
    await user.put('skips', { overlap: 'skip' });
    expect(await user.runThrough('skips')).toMatchObject({
      status: 'skipped',
      reason: 'experiment somebodys is alive in the workspace',
    });
    await heard('skipping/skips: skipped');
  });

  test('that queues waits for the workspace, one occurrence at a time', async () => {
    const user = userIn('queueing');
    await user.create('somebodys');
    await user.put('waits', { overlap: 'queue' }, { fit: { mlConfig: config({ raise: true }) } });
    const { at } = await user.runNow('waits');
    await user.untilOccurrence('waits', at, 'waiting');
    expect(await user.runThrough('waits')).toMatchObject({
      status: 'skipped',
      reason: 'an earlier occurrence waits already',
    });
    const params = { workspace: 'queueing', experiment: 'somebodys' };
    await user.call(endExperiment, { params });
    // Its one run fails, and so does the occurrence.
    const failed = await user.untilOccurrence('waits', at, ...over);
    expect(failed).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^no run of its fit completed: .*went its own way/),
    });
    await heard('queueing/waits: failed, no run of its fit completed');
    // Its experiment is in nobody's way.
    const { at: next } = await user.runNow('waits');
    await end(user, (await user.untilOccurrence('waits', next, 'running')).experiment);
  });

  test('that replaces ends what is alive, the occurrence before it too', async () => {
    const user = userIn('replacing');
    await user.put('replaces', { overlap: 'replace' }, endless);
    const first = await user.runNow('replaces');
    const { experiment = '' } = await user.untilOccurrence('replaces', first.at, 'running');
    await user.untilRun(experiment, 1, 'trains', ({ status }) => status === 'ongoing');
    const second = await user.runNow('replaces');
    const running = await user.untilOccurrence('replaces', second.at, 'running');
    expect(running.experiment).not.toBe(experiment);
    expect(await user.untilOccurrence('replaces', first.at, ...over)).toMatchObject({
      status: 'superseded',
      reason: 'its experiment was ended before it was over',
    });
    await end(user, running.experiment);
    expect((await user.occurrences('replaces')).map(({ at }) => at)).toEqual([second.at, first.at]);
  });

  test('fires no more while it is paused, or once it is deleted, whose history stays', async () => {
    const user = userIn('pausing');
    const schedule = 'paused';
    const params = { workspace: 'pausing', schedule };
    await user.create('somebodys');
    await user.put(schedule);
    const due = { ...params, scheduledAt: '2027-01-01T00:00:00Z' };
    await user.call(pauseSchedule, { params });
    await fireAgain(due);
    const { at } = await user.runThrough(schedule);
    expect((await user.occurrences(schedule)).map((one) => one.at)).toEqual([at]);
    expect((await user.call(resumeSchedule, { params })).body.state).toBe('active');
    await fireAgain(due);
    await user.untilOccurrence(schedule, '2027-01-01T00:00:00.000Z', 'skipped');

    expect((await user.call(deleteSchedule, { params })).body.state).toBe('deleted');
    expect((await user.call(deleteSchedule, { params })).status).toBe(200);
    await expect(user.call(getSchedule, { params })).rejects.toMatchObject({
      name: 'schedule-not-found',
    });
    const listed = await user.call(listSchedules, { params: { workspace: 'pausing' } });
    expect(listed.body.items).toEqual([]);
    expect(await user.occurrences(schedule)).toHaveLength(2);
  });

  test('shows no secret of its template', async () => {
    const user = userIn('secretive');
    const mlConfig = config({ api_key: 'a-secret-of-mine' });
    await user.put('hides', {}, { fit: { mlConfig } });
    const params = { workspace: 'secretive', schedule: 'hides' };
    const { body } = await user.call(getSchedule, { params });
    expect(body.template.fit.mlConfig).toEqual(config({ api_key: '***' }));
  });
});

/** Says that a schedule came due, as EventBridge would. */
const fireAgain = async (event: object): Promise<void> => {
  const lambda = new LambdaClient(stack.aws);
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({ MaxItems: 200 }));
  const occur = Functions.find(({ FunctionName }) => FunctionName?.includes('SchedulesOccur'));
  const Payload = JSON.stringify(event);
  const { FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: occur?.FunctionName, Payload }),
  );
  expect(FunctionError).toBeUndefined();
};
