import type { Chain, IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { Choice, Condition, JsonPath, Pass, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { EngineJobArns } from './engine-job.ts';
import type { FanfoldFunction } from './fanfold-function.ts';
import { operationFields } from './operation-states.ts';
import { trainState } from './train-state.ts';
import { workflowStep } from './workflow-step.ts';

interface WorkerStatesProps {
  readonly jobs: EngineJobArns;
  /** Where workers find the API. */
  readonly apiUrl: string;
  readonly settleWorker: FanfoldFunction;
  /** What comes when nothing is left for the worker. */
  readonly done: IChainable;
}

/** A worker's jobs, one after the other, until nothing is left for it; a way in for each beginning. */
export const workerStates = (
  scope: Construct,
  { jobs, apiUrl, settleWorker, done }: WorkerStatesProps,
): { readonly train: Chain; readonly settle: IChainable } => {
  const train = trainState(scope, jobs, apiUrl);
  const settle = workflowStep(scope, 'Settle the worker', settleWorker, {
    resultPath: '$.settled',
  });
  const takeUpAgain = new Pass(scope, 'Take the worker up again', {
    parameters: { ...operationFields(), ...launchFields('$.settled') },
  });
  const waitForOthers = new Wait(scope, 'Wait for the runs of other workers', {
    time: WaitTime.secondsPath('$.settled.seconds'),
  });
  train.addCatch(settle, { resultPath: '$.failure' });
  settle.next(
    new Choice(scope, 'Is anything left for the worker?')
      .when(Condition.stringEquals('$.settled.next', 'train'), takeUpAgain.next(train))
      .when(Condition.stringEquals('$.settled.next', 'wait'), waitForOthers.next(settle))
      .otherwise(done),
  );
  return { train: train.next(settle), settle };
};

/** What starts a worker's job, as the steps hand it on. */
export const launchFields = (path: string) => ({
  worker: JsonPath.stringAt(`${path}.worker`),
  jobName: JsonPath.stringAt(`${path}.jobName`),
  token: JsonPath.stringAt(`${path}.token`),
  queue: JsonPath.numberAt(`${path}.queue`),
});
