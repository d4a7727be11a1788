import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Access } from './access.ts';
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
import { occurrenceAccess, routeAccess } from './route-access.ts';
import { Schedules } from './schedules.ts';
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
    const world = {
      ...{ table, store, workflows, terminateJobs },
      maxWorkers: maxWorkers(settings),
      gpuPrice: gpuPrice(settings),
    };
    const schedules = new Schedules(this, 'Schedules', {
      deployment,
      workflows,
      access: occurrenceAccess(world),
    });
    const { issueToken } = new Api(this, 'Api', {
      deployment,
      frontDoor,
      guard: table.guard,
      syncWorker,
      access: routeAccess({
        ...world,
        schedules,
        checkMlSpec: mlSpecCheck.ask,
        identityProvider: identityProvider(settings),
      }),
    });
    const events = new Events(this, 'Events', {
      deployment,
      jobQueueArns,
      access: {
        jobState: [table.readWrite],
        sweep: [table.readWrite, table.listActive, terminateJobs, ...restarting(workflows)],
      },
    });
    const mlflow = server && new MlflowMirror(this, 'MlflowMirror', { deployment, table, server });
    const watched = { frontDoor, workflows, syncWorker, events, mlflow, schedules };
    new Alarms(this, 'Alarms', { settings, ...watched });

    this.tell({
      ApiUrl: frontDoor.url,
      BucketName: store.bucket.bucketName,
      TableName: table.table.tableName,
      AnnouncementsTopicArn: schedules.topic.topicArn,
      IssueTokenFunction: issueToken.functionName,
      OperationMachineArn: operation.machine.stateMachineArn,
      WorkerMachineArn: worker.machine.stateMachineArn,
      EndMachineArn: end.machine.stateMachineArn,
    });
  }

  private tell(outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}

/** Sees how executions stand, and starts them anew. */
const restarting = ({ operation, worker, end }: Workflows): readonly Access[] =>
  [operation, worker, end].flatMap(({ start, describe }) => [start, describe]);
