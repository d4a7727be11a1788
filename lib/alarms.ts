import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Events } from './events.ts';
import type { FanfoldFunction } from './fanfold-function.ts';
import type { FrontDoor } from './front-door.ts';
import type { MlflowMirror } from './mlflow-mirror.ts';
import type { Schedules } from './schedules.ts';
import type { Settings } from './settings.ts';
import type { Workflows } from './workflows.ts';

const period = Duration.minutes(5);

interface AlarmsProps {
  readonly settings: Settings;
  readonly frontDoor: FrontDoor;
  readonly workflows: Workflows;
  readonly syncWorker: FanfoldFunction;
  readonly events: Events;
  /** Where an MLflow server shows the runs. */
  readonly mlflow?: MlflowMirror | undefined;
  readonly schedules: Schedules;
}

/** One thing to be woken for. `section` is the heading's anchor in the runbook that says what to do. */
interface Trouble {
  readonly section: string;
  readonly what: string;
  readonly metric: IMetric;
  /** How much of it in five minutes is too much. */
  readonly threshold: number;
}

/** What an operator should hear of. Mails go out when the settings name an address. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { settings, ...watched }: AlarmsProps) {
    super(scope, id);
    const topic = settings.alarmEmail === undefined ? undefined : this.topic(settings.alarmEmail);
    for (const [name, trouble] of Object.entries(troubles(watched))) {
      const alarm = new Alarm(this, name, {
        alarmDescription: `${trouble.what}. What to do: docs/runbook.md#${trouble.section}`,
        metric: trouble.metric,
        threshold: trouble.threshold,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (topic) alarm.addAlarmAction(new SnsAction(topic));
    }
  }

  private topic(email: string): Topic {
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }
}

const troubles = (watched: Omit<AlarmsProps, 'settings'>): Record<string, Trouble> => {
  const { frontDoor, workflows, syncWorker, events, mlflow, schedules } = watched;
  const options = { period, statistic: 'Sum' };
  return {
    ApiFaults: {
      section: 'the-api-answers-with-faults',
      what: 'The API answered 5 calls or more with a 5xx status',
      metric: frontDoor.httpApi.metricServerError(options),
      threshold: 5,
    },
    FailedExecutions: {
      section: 'an-execution-failed',
      what: 'An execution of a state machine failed, timed out or was stopped',
      metric: failedExecutions(workflows),
      threshold: 1,
    },
    SyncErrors: {
      section: 'workers-cannot-sync',
      what: 'The function that takes in workers’ syncs crashed, timed out or was throttled 5 times or more',
      metric: sum({
        errors: syncWorker.lambda.metricErrors(options),
        throttles: syncWorker.lambda.metricThrottles(options),
      }),
      threshold: 5,
    },
    SweeperErrors: {
      section: 'the-sweeper-fails',
      what: 'The sweeper failed 3 times or more in a row, so nobody mends what is lost',
      metric: events.sweep.lambda.metricErrors(options),
      threshold: 3,
    },
    OccurrenceErrors: {
      section: 'occurrences-of-schedules-are-stuck',
      what: 'The function that carries occurrences of schedules through failed 3 times or more',
      metric: schedules.occur.lambda.metricErrors(options),
      threshold: 3,
    },
    DeadLetters: {
      section: 'events-lie-in-the-dead-letter-queue',
      what: 'Events of AWS Batch could not be taken in',
      metric: events.deadLetters.metricApproximateNumberOfMessagesVisible({
        period,
        statistic: 'Maximum',
      }),
      threshold: 1,
    },
    ...(mlflow && { MlflowBehind: mlflowBehind(mlflow) }),
  };
};

const mlflowWaitMilliseconds = 3_600_000;

export const mlflowBehind = ({ mirror }: MlflowMirror): Trouble => ({
  section: 'mlflow-falls-behind',
  what: 'What became of runs could not be shown on the MLflow server for an hour',
  metric: mirror.lambda.metric('IteratorAge', { period, statistic: 'Maximum' }),
  threshold: mlflowWaitMilliseconds,
});

const failedExecutions = ({ operation, worker, end }: Workflows): IMetric => {
  const options = { period, statistic: 'Sum' };
  const failures = Object.entries({ operation, worker, end }).flatMap(([name, { machine }]) => [
    [`${name}Failed`, machine.metricFailed(options)] as const,
    [`${name}TimedOut`, machine.metricTimedOut(options)] as const,
    [`${name}Aborted`, machine.metricAborted(options)] as const,
  ]);
  return sum(Object.fromEntries(failures));
};

const sum = (metrics: Readonly<Record<string, IMetric>>): MathExpression =>
  new MathExpression({
    expression: Object.keys(metrics).join(' + '),
    usingMetrics: { ...metrics },
    period,
  });
