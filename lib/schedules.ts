import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Access } from './access.ts';
import type { Deployment } from './deployment.ts';
import { FanfoldFunction } from './fanfold-function.ts';
import type { Settings } from './settings.ts';
import type { Workflows } from './workflows.ts';

/** A lost event, or a free workspace, is noticed within this. */
const lookInterval = Duration.minutes(1);

/** The statuses in which an execution is over. */
const over = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

interface SchedulesProps {
  readonly deployment: Deployment;
  readonly workflows: Workflows;
  /** What carrying an occurrence through takes, besides telling of it. */
  readonly access: readonly Access[];
}

/** Users' schedules, the one function that carries their occurrences through, and whom it tells of them. */
export class Schedules extends Construct {
  readonly occur: FanfoldFunction;
  readonly topic: Topic;
  /** Puts schedules into EventBridge. */
  readonly put: Access;
  /** Takes them out again. */
  readonly remove: Access;
  /** Has an occurrence advanced. */
  readonly start: Access;

  constructor(scope: Construct, id: string, { deployment, workflows, access }: SchedulesProps) {
    super(scope, id);
    this.topic = this.announcements(deployment.settings);
    this.occur = new FanfoldFunction(this, 'Occur', {
      deployment,
      useCase: 'occur',
      description: 'Carries the occurrences of schedules through',
      kind: 'step',
      access: [...access, this.announce()],
    });
    const { functionArn } = this.occur.lambda;
    const environment = { SCHEDULE_TARGET_ARN: functionArn };
    this.start = {
      environment,
      statements: [{ actions: ['lambda:InvokeFunction'], resources: [functionArn] }],
    };
    const role = this.invoker(functionArn);
    const group = new ScheduleGroup(this, 'Group');
    const timetable = (...actions: string[]): Access => ({
      environment: {
        ...environment,
        SCHEDULE_GROUP: group.scheduleGroupName,
        SCHEDULE_ROLE_ARN: role.roleArn,
      },
      statements: [{ actions, resources: [this.anyOf(group)] }],
      pattern: 'Schedules are named by users; the group has no others.',
    });
    const put = timetable('scheduler:CreateSchedule', 'scheduler:UpdateSchedule');
    const passRole = { actions: ['iam:PassRole'], resources: [role.roleArn] };
    this.put = { ...put, statements: [...put.statements, passRole] };
    this.remove = timetable('scheduler:DeleteSchedule');
    this.listen(workflows);
  }

  private announcements({ notifyEmail, notifyWebhook }: Settings): Topic {
    const topic = new Topic(this, 'Announcements', { enforceSSL: true });
    if (notifyEmail !== undefined) topic.addSubscription(new EmailSubscription(notifyEmail));
    if (notifyWebhook !== undefined) topic.addSubscription(new UrlSubscription(notifyWebhook));
    return topic;
  }

  private announce(): Access {
    const { topicArn } = this.topic;
    return {
      environment: { ANNOUNCEMENTS_TOPIC_ARN: topicArn },
      statements: [{ actions: ['sns:Publish'], resources: [topicArn] }],
    };
  }

  /** The role by which EventBridge calls the one function. */
  private invoker(functionArn: string): Role {
    const account = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const role = new Role(this, 'Invoker', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', { conditions: account }),
      description: 'Lets EventBridge Scheduler say that a schedule came due',
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
    );
    return role;
  }

  private anyOf(group: ScheduleGroup): string {
    return Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${group.scheduleGroupName}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  }

  private listen({ operation, worker, end }: Workflows): void {
    const machines = [operation, worker, end].map(({ machine }) => machine.stateMachineArn);
    new Rule(this, 'OperationOver', {
      description: 'An operation is over, which an occurrence may have waited for',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: machines, status: over },
      },
      targets: [new LambdaFunction(this.occur.lambda)],
    });
    new Rule(this, 'EveryMinute', {
      description: 'Looks for lost events, and for occurrences that wait',
      schedule: Schedule.rate(lookInterval),
      // The next minute is the retry.
      targets: [new LambdaFunction(this.occur.lambda, { retryAttempts: 0 })],
    });
  }
}
