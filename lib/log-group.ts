import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** A log group that forgets after the deployment's retention, and goes with its stack. */
export const keptLogs = (scope: Construct, id: string, { logRetentionDays }: Settings): LogGroup =>
  new LogGroup(scope, id, {
    retention: logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
