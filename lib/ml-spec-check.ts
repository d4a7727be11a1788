import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Access } from './access.ts';
import { keptLogs } from './log-group.ts';
import { acknowledgePatterns } from './patterns.ts';
import type { Settings } from './settings.ts';

/** Python's parser takes up to 100 times the source, which is 1 MiB at most. */
const memoryMb = 512;
/** Well within the 20 s that the function which asks has. */
const timeoutSeconds = 10;

/** Reads users' MLSpec files with Python's own parser. It may write its log and do nothing else. */
export class MlSpecCheck extends Construct {
  /** Asks for a check. */
  readonly ask: Access;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const logGroup = keptLogs(this, 'Logs', settings);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    const lambda = new LambdaFunction(this, 'Function', {
      description: 'Reads an MLSpec file without running it and says what is wrong',
      code: Code.fromAsset(join(import.meta.dirname, '../lambdas/ml-spec'), {
        exclude: ['tests', '__pycache__'],
      }),
      handler: 'check_ml_spec.handler',
      runtime: Runtime.PYTHON_3_15,
      architecture: Architecture.ARM_64,
      role,
      logGroup,
      tracing: Tracing.ACTIVE,
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
    });
    acknowledgePatterns(role, ['*'], 'X-Ray knows no resources to name.');
    this.ask = {
      environment: { ML_SPEC_CHECK_NAME: lambda.functionName },
      statements: [{ actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] }],
    };
  }
}
