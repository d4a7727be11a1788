import { describe, expect, it } from 'vitest';
import type { JobQueue } from '../../domain/ports.ts';

type Ports = {
  readonly jobQueue: JobQueue;
  /** Submits a job that takes long; returns what tells its status. */
  readonly submit: (name: string) => Promise<() => Promise<string | undefined>>;
};

/** What holds of every `JobQueue`. */
export const jobQueueSuite = (ports: () => Ports) =>
  describe('a job queue', () => {
    it('terminates the jobs whose names start with a prefix, and no others', async () => {
      const { jobQueue, submit } = ports();
      const statuses = await Promise.all(
        ['abc-0001-0001', 'abc-0001-0002', 'abc-0001-0003'].map(submit),
      );
      const others = await Promise.all(['abc-0002-0001', 'ABC-0001-0001', 'abc-00011'].map(submit));
      expect(await jobQueue.terminateByPrefix('abc-0001-', 'cancelled')).toBe(3);
      for (const status of statuses) await expect.poll(status, { timeout: 5_000 }).toBe('FAILED');
      for (const status of others) expect(await status()).not.toBe('FAILED');
      expect(await jobQueue.terminateByPrefix('abc-0001-', 'cancelled')).toBe(0);
      expect(await jobQueue.terminateByPrefix('abc', 'test is over')).toBe(2);
    });
  });
