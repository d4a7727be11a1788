import type { LambdaClient } from '@aws-sdk/client-lambda';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { OccurrenceKey } from '../domain/schedule.ts';
import type { OccurrenceStarter } from '../domain/schedule-ports.ts';

/** Invokes the function that advances occurrences, without waiting for what it does. */
export class LambdaOccurrenceStarter implements OccurrenceStarter {
  readonly #client: LambdaClient;
  readonly #functionName: string;

  constructor(client: LambdaClient, functionName: string) {
    this.#client = client;
    this.#functionName = functionName;
  }

  async start({ workspace, schedule, at }: OccurrenceKey): Promise<void> {
    await this.#client.send(
      new InvokeCommand({
        FunctionName: this.#functionName,
        InvocationType: 'Event',
        Payload: JSON.stringify({ workspace, schedule, at }),
      }),
    );
  }
}
