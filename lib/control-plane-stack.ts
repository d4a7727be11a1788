import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { Api } from './api.ts';
import { ArtifactStore } from './artifact-store.ts';
import type { Deployment } from './deployment.ts';
import type { EngineJobArns } from './engine-job.ts';
import { Events } from './events.ts';
import { FrontDoor } from './front-door.ts';
import { gpuPrice } from './gpu-price.ts';
import { identityProvider } from './identity-provider.ts';
import { jobTermination } from './job-termination.ts';
import { maxWorkers } from './max-workers.ts';
import { MlSpecCheck } from './ml-spec-check.ts';
import { mlflowAccess } from './mlflow-access.ts';
import { MlflowMirror } from './mlflow-mirror.ts';
import { routeAccess } from './route-access.ts';
import { StateTable } from './state-table.ts';
import { WorkerSync } from './worker-sync.ts';
import { Workflows } from './workflows.ts';

interface ControlPlaneStackProps extends StackProps {
  readonly deployment: Deployment;
  readonly jobs: EngineJobArns;
}

/** Everything that callers and workers talk to, and all state. */
export class ControlPlaneStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, jobs, ...props }: ControlPlaneStackProps,
  ) {
    super(scope, id, props);
    const { settings } = deployment;
    const { jobQueueArns } = jobs;
    const server = mlflowAccess(settings);
    const table = new StateTable(this, 'State', { isFollowed: server !== undefined });
    const store = new ArtifactStore(this, 'Artifacts');
    const frontDoor = new FrontDoor(this, 'FrontDoor', settings);
    const apiUrl = frontDoor.url;
    const workflows = new Workflows(this, 'Workflows', { deployment, table, store, jobs, apiUrl });
    const { syncWorker } = new WorkerSync(this, 'WorkerSync', { deployment, table, store });
    const terminateJobs = jobTermination(this, jobQueueArns);
    const mlSpecCheck = new MlSpecCheck(this, 'MlSpecCheck', settings);
    const { operation, worker, end } = workflows;
    const { issueToken } = new Api(this, 'Api', {
      deployment,
      frontDoor,
      guard: table.guard,
      syncWorker,
      access: routeAccess({
        maxWorkers: maxWorkers(settings),
        table,
        store,
        workflows,
        terminateJobs,
        checkMlSpec: mlSpecCheck.ask,
        gpuPrice: gpuPrice(settings),
        identityProvider: identityProvider(settings),
      }),
    });
    const restart = [operation, worker, end].flatMap(({ start, describe }) => [start, describe]);
    const events = new Events(this, 'Events', {
      deployment,
      jobQueueArns,
      access: {
        jobState: [table.readWrite],
        sweep: [table.readWrite, table.listActive, terminateJobs, ...restart],
      },
    });
    const mlflow = server && new MlflowMirror(this, 'MlflowMirror', { deployment, table, server });
    new Alarms(this, 'Alarms', { settings, frontDoor, workflows, syncWorker, events, mlflow });

    new CfnOutput(this, 'ApiUrl', { value: frontDoor.url });
    new CfnOutput(this, 'BucketName', { value: store.bucket.bucketName });
    new CfnOutput(this, 'TableName', { value: table.table.tableName });
    new CfnOutput(this, 'IssueTokenFunction', { value: issueToken.functionName });
    new CfnOutput(this, 'OperationMachineArn', { value: operation.machine.stateMachineArn });
    new CfnOutput(this, 'WorkerMachineArn', { value: worker.machine.stateMachineArn });
    new CfnOutput(this, 'EndMachineArn', { value: end.machine.stateMachineArn });
  }
}
