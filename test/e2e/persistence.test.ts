import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningStack, startStack } from '../../local/stack.ts';
import { config, freshStack, userOf } from './scene.ts';

/* One stack over one folder, ended in every way between calls. */

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let dataHandleId: string;
const experiment = 'kept';

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
  await user.create(experiment);
  dataHandleId = await user.download(experiment);
});
afterAll(async () => {
  await stack.stop();
  rmSync(stack.folder, { recursive: true, force: true });
});

const startAgain = async (): Promise<void> => {
  stack = await startStack({ folder: stack.folder });
  user = userOf(stack);
};

test('a stack restarted between two fits has lost nothing, and the second fit appends', async () => {
  await user.fit(experiment, dataHandleId, [config(), config()]);
  const before = { runs: await user.runs(experiment), results: await user.results(experiment) };
  await stack.stop();
  await startAgain();
  expect(await user.runs(experiment)).toEqual(before.runs);
  expect(await user.results(experiment)).toEqual(before.results);
  const fit = await user.fit(experiment, dataHandleId, config());
  expect(fit).toMatchObject({ status: 'completed', firstRunId: 3 });
  expect(await user.results(experiment)).toHaveLength(before.results.length + 2);
});

test('killed hard a second after a call was answered, it has lost nothing of it', async () => {
  const before = await user.runs(experiment);
  const { experiment: made } = await user.create('answered');
  await sleep(1000);
  await stack.kill();
  await startAgain();
  expect(await user.create('answered')).toMatchObject({
    reconnected: true,
    experiment: { createdAt: made.createdAt },
  });
  expect(await user.runs(experiment)).toEqual(before);
});
