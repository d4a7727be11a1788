import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import type { Schedule, ScheduleKey } from '../domain/schedule.ts';
import type { Timetable } from '../domain/schedule-ports.ts';

interface Where {
  readonly group: string;
  /** The function that is called back. */
  readonly targetArn: string;
  /** The role by which EventBridge may call it. */
  readonly roleArn: string;
}

/** What EventBridge puts the moment in place of. */
const scheduledTime = '<aws.scheduler.scheduled-time>';

/** A day later an occurrence would only be in the next one's way. */
const retryPolicy = { MaximumRetryAttempts: 20, MaximumEventAgeInSeconds: 3600 };

/** A schedule of EventBridge Scheduler's for each of ours, all in one group. */
export class EventBridgeTimetable implements Timetable {
  readonly #client: SchedulerClient;
  readonly #where: Where;

  constructor(client: SchedulerClient, where: Where) {
    this.#client = client;
    this.#where = where;
  }

  async put(
    schedule: Pick<Schedule, 'workspace' | 'schedule' | 'expression' | 'timezone' | 'state'>,
  ): Promise<void> {
    const input = this.#input(schedule);
    try {
      await this.#client.send(new UpdateScheduleCommand(input));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      await this.#client.send(new CreateScheduleCommand(input));
    }
  }

  async remove(key: ScheduleKey): Promise<void> {
    const command = new DeleteScheduleCommand({ GroupName: this.#where.group, Name: nameOf(key) });
    try {
      await this.#client.send(command);
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }

  #input({
    workspace,
    schedule,
    expression,
    timezone,
    state,
  }: Pick<Schedule, 'workspace' | 'schedule' | 'expression' | 'timezone' | 'state'>) {
    const { group, targetArn, roleArn } = this.#where;
    return {
      GroupName: group,
      Name: nameOf({ workspace, schedule }),
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: timezone,
      State: state === 'active' ? ('ENABLED' as const) : ('DISABLED' as const),
      FlexibleTimeWindow: { Mode: 'OFF' as const },
      Target: {
        Arn: targetArn,
        RoleArn: roleArn,
        RetryPolicy: retryPolicy,
        Input: JSON.stringify({ workspace, schedule, scheduledAt: scheduledTime }),
      },
    };
  }
}

const nameOf = ({ workspace, schedule }: ScheduleKey): string => `${workspace}.${schedule}`;
