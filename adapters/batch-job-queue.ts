import type { BatchClient, JobSummary } from '@aws-sdk/client-batch';
import { ClientException, ListJobsCommand, TerminateJobCommand } from '@aws-sdk/client-batch';
import type { JobQueue } from '../domain/ports.ts';
import { inParallel } from './in-parallel.ts';

const over = new Set(['SUCCEEDED', 'FAILED']);

const callsAtOnce = 8;

/** The AWS Batch job queues that workers wait and run in. */
export class BatchJobQueue implements JobQueue {
  readonly #client: BatchClient;
  readonly #queueArns: readonly string[];

  constructor(client: BatchClient, queueArns: readonly string[]) {
    this.#client = client;
    this.#queueArns = queueArns;
  }

  async terminateByPrefix(namePrefix: string, reason: string): Promise<number> {
    let terminated = 0;
    const found = await Promise.all(
      this.#queueArns.map((jobQueue) => this.#listByPrefix(jobQueue, namePrefix)),
    );
    await inParallel(found.flat(), callsAtOnce, async ({ jobId }) => {
      if (await this.#terminate(jobId, reason)) terminated += 1;
    });
    return terminated;
  }

  /** Batch's own filter ignores case, and with it jobs come whatever their status. */
  async #listByPrefix(jobQueue: string, namePrefix: string): Promise<readonly JobSummary[]> {
    const found: JobSummary[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.#client.send(
        new ListJobsCommand({
          jobQueue,
          filters: [{ name: 'JOB_NAME', values: [`${namePrefix}*`] }],
          nextToken,
        }),
      );
      found.push(...(page.jobSummaryList ?? []));
      nextToken = page.nextToken;
    } while (nextToken);
    return found.filter(
      ({ jobName = '', status = '' }) => jobName.startsWith(namePrefix) && !over.has(status),
    );
  }

  /** False when the job ended by itself in the meantime. */
  async #terminate(jobId: string | undefined, reason: string): Promise<boolean> {
    try {
      await this.#client.send(new TerminateJobCommand({ jobId, reason }));
      return true;
    } catch (error) {
      if (error instanceof ClientException) return false;
      throw error;
    }
  }
}
