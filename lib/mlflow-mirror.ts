import { Duration } from 'aws-cdk-lib';
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Access } from './access.ts';
import type { Deployment } from './deployment.ts';
import { FanfoldFunction } from './fanfold-function.ts';
import type { StateTable } from './state-table.ts';

/** Changes that come within this share one look at the run. */
const batchingWindow = Duration.seconds(1);
const batchSize = 100;

interface MlflowMirrorProps {
  readonly deployment: Deployment;
  readonly table: StateTable;
  readonly server: Access;
}

/**
 * Shows every change of a run on an MLflow server. The table's stream keeps changes for a day, and those
 * of one run come in order, one look at a time; while the server is away they wait there.
 */
export class MlflowMirror extends Construct {
  readonly mirror: FanfoldFunction;

  constructor(scope: Construct, id: string, { deployment, table, server }: MlflowMirrorProps) {
    super(scope, id);
    this.mirror = new FanfoldFunction(this, 'MirrorRuns', {
      deployment,
      useCase: 'mirrorRuns',
      description: 'Shows on the MLflow server what became of runs',
      kind: 'event',
      isTraced: false,
      access: [table.readUpdate, table.followChanges, server],
    });
    new EventSourceMapping(this, 'RunChanges', {
      target: this.mirror.lambda,
      eventSourceArn: table.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize,
      maxBatchingWindow: batchingWindow,
      filters: [
        FilterCriteria.filter({ dynamodb: { Keys: { sk: { S: FilterRule.beginsWith('RUN#') } } } }),
      ],
    }).node.addDependency(this.mirror.role);
  }
}
