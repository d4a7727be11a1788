import { describe, expect, it } from 'vitest';
import type { JobNote, JobNoteStore } from '../../domain/worker-ports.ts';
import { later, newKey, now } from './samples.ts';

/** What holds of every `JobNoteStore`. */
export const jobNoteStoreSuite = (ports: () => { readonly jobNotes: JobNoteStore }) =>
  describe('a job note store', () => {
    const newNote = (): JobNote => ({
      ...newKey(),
      operation: 1,
      worker: 1,
      jobId: 'job-1',
      status: 'RUNNING',
      attempts: 1,
      at: now,
    });

    it('keeps the newest note of each worker', async () => {
      const { jobNotes } = ports();
      const note = newNote();
      const failed = { ...note, status: 'FAILED', reason: 'Host EC2 terminated', at: later };
      await jobNotes.put(failed);
      await jobNotes.put(note);
      await jobNotes.put({ ...note, worker: 2 });
      expect(await jobNotes.listByOperation(note)).toEqual([failed, { ...note, worker: 2 }]);
    });

    it('does not let a job run again in the second it ended, but lets the next one be submitted', async () => {
      const { jobNotes } = ports();
      const note = newNote();
      await jobNotes.put({ ...note, status: 'FAILED' });
      await jobNotes.put(note);
      expect(await jobNotes.listByOperation(note)).toMatchObject([{ status: 'FAILED' }]);
      await jobNotes.put({ ...note, jobId: 'job-2', status: 'SUBMITTED' });
      expect(await jobNotes.listByOperation(note)).toMatchObject([{ status: 'SUBMITTED' }]);
    });
  });
