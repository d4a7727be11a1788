import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Access } from './access.ts';
import type { Deployment } from './deployment.ts';
import { keptLogs } from './log-group.ts';
import { acknowledgePatterns } from './patterns.ts';

/** 1,769 MB are one vCPU; parsing JSON and signing calls are most of the work. */
const memoryMb = { small: 512, usual: 1024, large: 3072 } as const;

/** API Gateway gives up after 30 s; a caller is better served by a refusal well before. */
const answerSeconds = 20;
/** What API Gateway gives: a million results are 250 MB, read 8 MB at a time, then parsed at 10 µs each. */
const exportSeconds = 29;
/** 10,000 runs are 400 BatchWriteItem calls, under 20 s; the rest is room for throttling. */
const stepMinutes = 5;
/** Lambda's own limit; `saveArtifacts` bounds its batch to stay far below it. */
const copyMinutes = 15;
const eventMinutes = 2;

/** How long and how big, by what the function does. */
const kinds = {
  answer: { memorySize: memoryMb.usual, timeout: Duration.seconds(answerSeconds) },
  export: { memorySize: memoryMb.large, timeout: Duration.seconds(exportSeconds) },
  step: { memorySize: memoryMb.usual, timeout: Duration.minutes(stepMinutes) },
  copy: { memorySize: memoryMb.usual, timeout: Duration.minutes(copyMinutes) },
  event: { memorySize: memoryMb.small, timeout: Duration.minutes(eventMinutes) },
} as const;

export interface FanfoldFunctionProps {
  readonly deployment: Deployment;
  readonly useCase: string;
  readonly description: string;
  readonly kind: keyof typeof kinds;
  readonly access: readonly Access[];
  /** A trace costs as much as the rest of a call; what is called without end goes without. */
  readonly isTraced?: boolean;
}

/** The one way a use case becomes a Lambda function: its bundle, a role of its own, its log, its traces. */
export class FanfoldFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: FanfoldFunctionProps) {
    super(scope, id);
    const { deployment, useCase, description, kind, isTraced = true } = props;
    const logGroup = keptLogs(this, 'Logs', deployment.settings);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.role);
    this.lambda = new LambdaFunction(this, 'Function', {
      description,
      code: Code.fromAsset(join(deployment.bundles, useCase)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role: this.role,
      logGroup,
      tracing: isTraced ? Tracing.ACTIVE : Tracing.PASS_THROUGH,
      environment: {
        POWERTOOLS_SERVICE_NAME: 'fanfold',
        POWERTOOLS_METRICS_NAMESPACE: 'Fanfold',
        POWERTOOLS_LOG_LEVEL: 'INFO',
      },
      ...kinds[kind],
    });
    for (const access of props.access) this.allow(access);
    acknowledgePatterns(this.role, ['*'], 'X-Ray knows no resources to name.');
  }

  /** Lets the function reach one thing more. */
  allow({ environment, statements, pattern }: Access): void {
    for (const [name, value] of Object.entries(environment))
      this.lambda.addEnvironment(name, value);
    for (const statement of statements) {
      this.role.addToPolicy(new PolicyStatement(statement));
      if (pattern) acknowledgePatterns(this.role, statement.resources ?? [], pattern);
    }
  }
}
