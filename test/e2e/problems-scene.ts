import { stopRun } from '../../contract/control-routes.ts';
import { createDataHandle, endExperiment } from '../../contract/experiment-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { experiment, modelUserOf, startModels } from './inference-scene.ts';
import { config, giveToken, putItem, runningJobs, until, userOf } from './scene.ts';

/* What has to be there for every kind of refusal to be met. */

/** An Idempotency-Key that was used, for a data handle of other rows than these. */
export const usedKey = 'used-before';
export const someRows = { train: 's3://no-such-bucket/rows.csv' };

/** Of a run whose item in the table cannot be read. */
export const spoiltRun = 99;

export const startProblems = async () => {
  const models = await startModels();
  const { stack } = models;
  const [handles, workerToken, foreign] = await Promise.all([
    makeHandles(stack),
    startWorking({ ...stack, workspace: 'working' }),
    giveToken(stack, { workspaces: ['elsewhere'] }),
    endOne({ ...stack, workspace: 'ended' }),
    useKey({ ...stack, workspace: 'keyed' }),
    userOf({ ...stack, workspace: 'plain' }).create(experiment),
    putItem(stack, { pk: `WS#default#EXP#${experiment}#RUNS#00000`, sk: 'RUN#0000099' }),
  ]);
  return { ...models, ...handles, workerToken, foreignToken: foreign.text };
};

/** One data handle of training rows alone, and one whose download fails. */
const makeHandles = async (stack: RunningStack) => {
  const user = modelUserOf(stack);
  const trainHandleId = await user.download(experiment, ['train']);
  const failed = await startDownload(stack, someRows);
  await user.ended(experiment, failed.operation?.operation ?? 0);
  return { trainHandleId, failedHandleId: failed.dataHandle.dataHandleId };
};

const startDownload = async (
  stack: RunningStack,
  locators: { readonly train: string },
  idempotencyKey?: string,
) => {
  const params = { workspace: stack.workspace, experiment };
  const call = { params, body: { locators }, ...(idempotencyKey && { idempotencyKey }) };
  return (await userOf(stack).call(createDataHandle, call)).body;
};

/**
 * Starts a fit that goes on, whose runs are trained one by one: the first for ever, so that the third waits
 * and the fifth is stopped before it began, while the others fail. Gives the token that the first one's
 * worker began with and gave up since.
 */
const startWorking = async (stack: RunningStack): Promise<string> => {
  const user = userOf(stack);
  await user.create(experiment);
  const endless = config({ pause_s: 0.1 }, { epochs: 1000 });
  const failing = config({ raise: true });
  const configs = [endless, failing, endless, failing, endless];
  const dataHandleId = await user.download(experiment);
  await user.start(experiment, dataHandleId, configs, { executor: 'single' });
  await user.untilRun(experiment, 1, 'trains', ({ status }) => status === 'ongoing');
  const ofFifth = { params: { workspace: stack.workspace, experiment, runId: '5' } };
  await user.call(stopRun, ofFifth);
  await user.untilRun(experiment, 4, 'fails', ({ status }) => status === 'failed');
  const [token] = await until('one worker left', async () => {
    const tokens = runningJobs(stack).map((job) => job.environment['FANFOLD_WORKER_TOKEN'] ?? '');
    const own = tokens.filter((each) => each.startsWith(`${stack.workspace}~`));
    return own.length === 1 && own;
  });
  return token ?? '';
};

const endOne = async (stack: RunningStack): Promise<void> => {
  const user = userOf(stack);
  await user.create(experiment);
  await user.call(endExperiment, { params: { workspace: stack.workspace, experiment } });
};

const useKey = async (stack: RunningStack): Promise<void> => {
  await userOf(stack).create(experiment);
  await startDownload(stack, { train: 's3://no-such-bucket/other-rows.csv' }, usedKey);
};
