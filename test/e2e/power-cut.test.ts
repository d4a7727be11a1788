import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningStack, startStack } from '../../local/stack.ts';
import { config, freshStack, removeStack, userOf } from './scene.ts';

let stack: RunningStack;
beforeAll(async () => {
  stack = await freshStack();
});
afterAll(() => removeStack(stack));

test('a fit that was under way when it was killed goes on by itself and completes', async () => {
  const [name, before] = ['cut', userOf(stack)];
  await before.create(name);
  const slow = config({ pause_s: 0.05 }, { epochs: 3, batch_size: 8 });
  const handle = await before.download(name);
  const { operation } = await before.start(name, handle, [slow, slow]);
  await before.untilRun(name, 1, 'trains', ({ status }) => status === 'ongoing');
  // What was answered a second ago is kept.
  await sleep(1000);
  await stack.kill();
  stack = await startStack({ folder: stack.folder });
  const user = userOf(stack);
  const ended = await user.ended(name, operation, 360);
  expect(ended).toMatchObject({ status: 'completed', runCount: 2 });
  expect((await user.runs(name)).map(({ status }) => status)).toEqual(['completed', 'completed']);
  expect(await user.results(name)).toHaveLength(6);
});
