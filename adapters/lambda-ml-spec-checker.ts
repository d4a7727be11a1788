import type { LambdaClient } from '@aws-sdk/client-lambda';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { mlSpecCheckAnswer } from '../contract/ml-spec-check.ts';
import type { MlSpecChecker, SourceFault } from '../domain/ports.ts';

/** The function in Python that reads MLSpec files, `lambdas/ml-spec`. */
export class LambdaMlSpecChecker implements MlSpecChecker {
  readonly #client: LambdaClient;
  readonly #functionName: string;

  constructor(client: LambdaClient, functionName: string) {
    this.#client = client;
    this.#functionName = functionName;
  }

  async check(source: string): Promise<readonly SourceFault[]> {
    const { Payload, FunctionError } = await this.#client.send(
      new InvokeCommand({
        FunctionName: this.#functionName,
        Payload: JSON.stringify({ source }),
      }),
    );
    const text = Payload?.transformToString() ?? '';
    if (FunctionError !== undefined) throw new Error(`the check of an MLSpec failed: ${text}`);
    return mlSpecCheckAnswer.parse(JSON.parse(text)).faults;
  }
}
