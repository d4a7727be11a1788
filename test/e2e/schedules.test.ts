import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getSchedule, pauseSchedule } from '../../contract/schedule-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { artifactBytes, freshStack, removeStack, until } from './scene.ts';
import { listenTo, over, scheduleUserOf } from './schedules-scene.ts';

let stack: RunningStack;
let webhook: Awaited<ReturnType<typeof listenTo>>;
const inWorkspace = (workspace: string) => scheduleUserOf({ ...stack, workspace });

beforeAll(async () => {
  stack = await freshStack({ slots: 4 });
  const { Topics = [] } = await new SNSClient(stack.aws).send(new ListTopicsCommand({}));
  webhook = await listenTo(stack, Topics[0]?.TopicArn ?? '');
});
afterAll(async () => {
  webhook.stop();
  await removeStack(stack);
});

describe('a schedule', () => {
  const schedule = 'nightly';

  test('fires by itself, trains, tests, and ends with artifacts and its first champion', async () => {
    const user = inWorkspace('default');
    const artifactsBucket = `s3://${stack.bucket}/artifacts/default`;
    const champion = { metric: 'val_loss', mode: 'min', tolerance: 0.001 };
    const more = { expression: 'cron(* * * * ? *)', timezone: 'Asia/Kathmandu' };
    await user.put(schedule, more, { artifactsBucket, champion });
    const [fired] = await until('its firing', async () => {
      const found = await user.occurrences(schedule);
      return found.length > 0 && found;
    });
    const params = { workspace: 'default', schedule };
    await user.call(pauseSchedule, { params });
    expect(fired).toMatchObject({ cause: 'schedule', at: expect.stringMatching(/:00\.000Z$/) });
    const done = await user.untilOccurrence(schedule, fired?.at ?? '', ...over);
    expect(done).toMatchObject({
      status: 'completed',
      experiment: expect.stringMatching(/^nightly_\d{8}T\d{4}$/),
      bestRunId: 1,
      outcome: { verdict: 'promoted', metric: 'test_loss', challenger: expect.any(Number) },
      artifactsUri: `${artifactsBucket}/${done.experiment}/`,
    });
    const saved = await artifactBytes(stack, `${done.artifactsUri}runs/1/run.json`);
    expect(JSON.parse(new TextDecoder().decode(saved)).status).toBe('completed');
    const { body } = await user.call(getSchedule, { params });
    expect(body).toMatchObject({
      state: 'paused',
      champion: { experiment: done.experiment, runId: 1, value: done.outcome?.challenger },
    });
  });
});
