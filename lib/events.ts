import { Duration, Validations } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Access } from './access.ts';
import type { Deployment } from './deployment.ts';
import { FanfoldFunction } from './fanfold-function.ts';

/** EventBridge and Lambda try an event for two hours; an older note of a job helps nobody. */
const eventAge = Duration.hours(2);
const eventRetries = 10;
/** An operator has two weeks to look at what could not be taken in. */
const deadLetterRetention = Duration.days(14);
/** A lost execution or host is noticed within this, plus a worker's lease. */
const sweepInterval = Duration.minutes(1);

interface EventsProps {
  readonly deployment: Deployment;
  readonly jobQueueArns: readonly string[];
  readonly access: Readonly<Record<'jobState' | 'sweep', readonly Access[]>>;
}

/** What happens without a caller: AWS Batch tells of a job, a minute has passed. */
export class Events extends Construct {
  readonly deadLetters: Queue;
  readonly sweep: FanfoldFunction;

  constructor(scope: Construct, id: string, { deployment, jobQueueArns, access }: EventsProps) {
    super(scope, id);
    const jobState = new FanfoldFunction(this, 'JobState', {
      deployment,
      useCase: 'jobState',
      description: 'Notes what AWS Batch says of a worker’s job',
      kind: 'event',
      access: access.jobState,
    });
    this.sweep = new FanfoldFunction(this, 'Sweep', {
      deployment,
      useCase: 'sweep',
      description: 'Starts lost executions anew and terminates jobs that should be gone',
      kind: 'event',
      access: access.sweep,
    });
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: deadLetterRetention,
    });
    Validations.of(this.deadLetters).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue.',
    });
    new Rule(this, 'JobChanges', {
      description: 'A job of our queues changed its state',
      eventPattern: {
        source: ['aws.batch'],
        detailType: ['Batch Job State Change'],
        detail: { jobQueue: [...jobQueueArns] },
      },
      targets: [
        new LambdaFunction(jobState.lambda, {
          deadLetterQueue: this.deadLetters,
          maxEventAge: eventAge,
          retryAttempts: eventRetries,
        }),
      ],
    });
    new Rule(this, 'EveryMinute', {
      description: 'Sweeps up what was lost between two steps',
      schedule: Schedule.rate(sweepInterval),
      // The next minute is the retry.
      targets: [new LambdaFunction(this.sweep.lambda, { retryAttempts: 0 })],
    });
  }
}
