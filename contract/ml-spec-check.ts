import * as z from 'zod/mini';

/** What `lambdas/ml-spec` answers: what is wrong with a source file, line and column from 1. */
export const mlSpecCheckAnswer = z.object({
  faults: z.array(z.object({ detail: z.string(), line: z.int(), column: z.int() })),
});
