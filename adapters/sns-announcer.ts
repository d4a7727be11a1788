import type { SNSClient } from '@aws-sdk/client-sns';
import { PublishCommand } from '@aws-sdk/client-sns';
import type { Announcement, Announcer } from '../domain/schedule-ports.ts';

/** SNS takes 99 characters of printable ASCII as a mail's subject. */
const maxSubjectLength = 99;

/** Publishes to the deployment's one topic. */
export class SnsAnnouncer implements Announcer {
  readonly #client: SNSClient;
  readonly #topicArn: string;

  constructor(client: SNSClient, topicArn: string) {
    this.#client = client;
    this.#topicArn = topicArn;
  }

  async announce({ subject, message }: Announcement): Promise<void> {
    await this.#client.send(
      new PublishCommand({
        TopicArn: this.#topicArn,
        Subject: subject.replaceAll(/[^ -~]/g, '?').slice(0, maxSubjectLength),
        Message: JSON.stringify({ subject, ...message }, null, 2),
      }),
    );
  }
}
