import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloneRun, extendRun, stopRun } from '../../contract/control-routes.ts';
import { endExperiment } from '../../contract/experiment-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { config, freshStack, removeStack, userOf, workspace } from './scene.ts';

let stack: RunningStack;
let user: ReturnType<typeof userOf>;
let artifacts: string;

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
  await user.create('first');
  const dataHandleId = await user.download('first');
  const adam = { epochs: 2, optimizer: { name: 'Adam', args: { lr: 0.01 } } };
  await user.fit(
    'first',
    dataHandleId,
    [config(), config({}, adam), config({ api_key: 'sk-live' })],
    { seed: 3 },
  );
  await endWithArtifacts('first');
  artifacts = join(stack.folder, 's3/000000000000', stack.bucket, 'artifacts/default/first');
});
afterAll(() => removeStack(stack));

const endWithArtifacts = async (experiment: string): Promise<void> => {
  const { body } = await user.call(endExperiment, {
    params: { workspace, experiment },
    body: { artifactsBucket: `s3://${stack.bucket}/artifacts/default` },
  });
  const ended = await user.ended(experiment, body.operation?.operation ?? 0);
  expect(ended.status, ended.error).toBe('completed');
};

const replay = (folder: string, run: number, name: string, ...more: string[]) => {
  const words = ['-m', 'fanfold', 'replay', folder, '--run', String(run), '--name', name, ...more];
  const env = {
    ...process.env,
    API_KEY: 'sk-live',
    FANFOLD_URL: stack.url,
    FANFOLD_TOKEN: stack.token,
  };
  return spawnSync('.venv/bin/python', words, { env, encoding: 'utf8' });
};

test('a run of saved artifacts is trained again to the very same metrics', async () => {
  const { status, stdout, stderr } = replay(artifacts, 2, 'again');
  expect(stdout, stderr).toContain(
    'Run 2 trained again: all 4 metrics of its 2 epochs are equal, bit for bit',
  );
  expect(status).toBe(0);
});

test('while an experiment is alive, a replay would end it and is refused', () => {
  const { status, stderr } = replay(artifacts, 2, 'never');
  expect(stderr).toContain('experiment again is alive, and a replay would end it');
  expect(status).toBe(2);
});

test('what differs is shown, and the exit status tells', async () => {
  await endWithArtifacts('again');
  const changed = join(stack.folder, 'changed');
  cpSync(artifacts, changed, { recursive: true });
  const file = join(changed, 'runs/1/results.csv');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^1,2,[^,]+/m, '1,2,0.5'));
  const { status, stdout } = replay(changed, 1, 'differs');
  expect(stdout).toMatch(/Run 1 trained again: 1 of 4 metrics differ/);
  expect(stdout).toMatch(/2 +train_loss +0\.5/);
  expect(status).toBe(1);
});

test('a place without artifacts, and a run that was not saved, are refused', async () => {
  await endWithArtifacts('differs');
  expect(replay(stack.folder, 1, 'x').stderr).toContain('holds no artifacts of an experiment');
  expect(replay(artifacts, 7, 'x').stderr).toContain('holds no run 7; it holds runs 1 to 3');
});

test('a run that had secrets is refused until they are given', () => {
  const place = '/user_knobs/api_key';
  const refused = replay(artifacts, 3, 'secretive');
  expect(refused.stderr).toContain(`secrets, whose values are not saved: ${place}; give each`);
  expect(refused.status).toBe(2);
  expect(replay(artifacts, 3, 'secretive', '--secret', `${place}=NOWHERE`).status).toBe(2);
  const { status, stdout, stderr } = replay(
    ...([artifacts, 3, 'secretive', '--secret', `${place}=API_KEY`] as const),
  );
  expect(stdout, stderr).toContain('all 4 metrics of its 2 epochs are equal, bit for bit');
  expect(status).toBe(0);
});

test('a clone, and a run of an earlier fit, are trained again; a warm clone is refused', async () => {
  await endWithArtifacts('secretive');
  await user.create('steered');
  const dataHandleId = await user.download('steered');
  const ofRun = (runId: string) => ({ params: { workspace, experiment: 'steered', runId } });
  await user.fit('steered', dataHandleId, config(), { seed: 3 });
  const slow = config({ pause_s: 0.25 }, { epochs: 500 });
  const { operation } = await user.start('steered', dataHandleId, slow, { seed: 4 });
  await user.untilRun('steered', 2, 'trains', ({ status }) => status === 'ongoing');
  const rate = { train: { optimizer: { args: { lr: 0.02 } } } };
  await user.call(extendRun, { ...ofRun('1'), body: { epochs: 1 } });
  for (const warmStart of [false, true]) {
    await user.call(cloneRun, { ...ofRun('1'), body: { changes: rate, warmStart } });
  }
  for (const runId of [1, 3, 4]) {
    await user.untilRun('steered', runId, 'completes', ({ status }) => status === 'completed');
  }
  await user.call(stopRun, ofRun('2'));
  await user.ended('steered', operation);
  await endWithArtifacts('steered');
  const steered = join(artifacts, '../steered');
  const repeated = replay(steered, 3, 'of-clone');
  expect(repeated.stdout, repeated.stderr).toMatch(/all \d metrics .* equal, bit for bit/);
  await endWithArtifacts('of-clone');
  const longer = replay(steered, 1, 'of-extended');
  expect(longer.stdout, longer.stderr).toContain(
    'all 6 metrics of its 3 epochs are equal, bit for bit',
  );
  const refused = replay(steered, 4, 'of-warm');
  expect(refused.stderr).toContain('run 4 started from the weights of run 1, and a replay');
  expect(refused.status).toBe(2);
  const start = join(steered, 'runs/4/checkpoints/start');
  expect(readdirSync(start)).toEqual(expect.arrayContaining(['model.safetensors', 'state.json']));
});
