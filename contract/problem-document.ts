import * as z from 'zod/mini';

/* Apart from the problems themselves, as only their readers need these. */

/** The body of every HTTP error: RFC 9457 `application/problem+json`. */
export const problem = z.object({
  /** `https://fanfold.dev/problems/{name}`; its last segment is the stable name. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** A sentence that says what to do. */
  detail: z.string(),
  /** The offending places of the request body, as JSON pointers. */
  errors: z.optional(
    z.array(
      z.object({
        pointer: z.string(),
        detail: z.string(),
        /** In a text such as the MLSpec's: where, both from 1. */
        line: z.optional(z.int()),
        column: z.optional(z.int()),
      }),
    ),
  ),
  /** The request's id, to find it in the logs. */
  instance: z.optional(z.string()),
});

export type Problem = z.infer<typeof problem>;

/** What API Gateway answers where no function of ours has been asked. */
export const gatewayMessage = z.object({ message: z.string() });
