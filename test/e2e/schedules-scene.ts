import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfirmSubscriptionCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { OccurrenceResource } from '../../contract/schedule-routes.ts';
import { listOccurrences, putSchedule, runSchedule } from '../../contract/schedule-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import { config, csvRows, specSource, trainCsv, until, userOf, validationCsv } from './scene.ts';

/* What the tests of schedules do over and over. */

const testCsv = csvRows(17, 2000);

/** Somebody who has schedules in a workspace. */
export const scheduleUserOf = (stack: RunningStack) => {
  const user = userOf(stack);
  const { workspace } = stack;

  const locators = async () => {
    const [train, validation, test] = await Promise.all(
      [trainCsv, validationCsv, testCsv].map((text) => user.upload(text)),
    );
    return { train, validation, test };
  };

  /** Makes or changes a schedule that fires once a year, unless it says otherwise. */
  const put = async (schedule: string, more: object = {}, templated: object = {}) => {
    const template = {
      experimentName: schedule,
      mlSpec: { fileName: 'line.py', source: specSource },
      dataHandle: { locators: await locators() },
      fit: { mlConfig: config() },
      ...templated,
    };
    const body = { expression: 'cron(0 0 1 1 ? *)', template, ...more };
    return (await user.call(putSchedule, { params: { workspace, schedule }, body })).body;
  };

  const runNow = async (schedule: string): Promise<OccurrenceResource> =>
    (await user.call(runSchedule, { params: { workspace, schedule } })).body;

  const occurrences = async (schedule: string): Promise<readonly OccurrenceResource[]> =>
    (await user.call(listOccurrences, { params: { workspace, schedule } })).body.items;

  const untilOccurrence = async (
    schedule: string,
    at: string,
    ...statuses: readonly string[]
  ): Promise<OccurrenceResource> =>
    until(`${statuses} of occurrence ${at}`, async () => {
      const found = (await occurrences(schedule)).find((one) => one.at === at);
      return found && statuses.includes(found.status) && found;
    });

  /** Has one now and waits for its end. */
  const runThrough = async (schedule: string): Promise<OccurrenceResource> => {
    const { at } = await runNow(schedule);
    return untilOccurrence(schedule, at, ...over);
  };

  return { ...user, workspace, put, runNow, runThrough, occurrences, untilOccurrence };
};

export const over = ['skipped', 'completed', 'failed', 'superseded'];

/** A webhook on this machine that is subscribed to the stack's announcements, as an operator would do it. */
export const listenTo = async ({ aws }: RunningStack, topicArn: string) => {
  const sns = new SNSClient(aws);
  const heard: Readonly<Record<string, string>>[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const message = JSON.parse(text);
      response.end();
      heard.push(message);
      if (message.Type !== 'SubscriptionConfirmation') return;
      const { Token } = message;
      void sns.send(new ConfirmSubscriptionCommand({ TopicArn: topicArn, Token }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const Endpoint = `http://127.0.0.1:${port}/`;
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'http', Endpoint }));
  return {
    heard,
    subjects: () =>
      heard.flatMap(({ Type, Subject }) => (Type === 'Notification' ? [Subject] : [])),
    stop: () => server.close(),
  };
};
