import * as z from 'zod/mini';
import type { RunKey } from '../domain/run.ts';
import type { RunChanges } from '../domain/tracker.ts';

/** The parts of a DynamoDB Streams event that are looked at. */
const streamEvent = z.object({
  Records: z
    .array(
      z.object({
        dynamodb: z.object({
          /** In seconds since 1970. */
          ApproximateCreationDateTime: z.number(),
          Keys: z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) }),
        }),
      }),
    )
    .check(z.minLength(1)),
});

/** The runs among the items that a stream of the table tells of, each once. */
export const changedRuns = (event: unknown): RunChanges => {
  const changes = z.parse(streamEvent, event).Records.map(({ dynamodb }) => dynamodb);
  const seconds = Math.min(...changes.map((change) => change.ApproximateCreationDateTime));
  const runs = new Map(
    changes.map(({ Keys: { pk, sk } }) => [`${pk.S}#${sk.S}`, runKeyIn(pk.S, sk.S)]),
  );
  return {
    runs: [...runs.values()].filter((key) => key !== undefined),
    since: new Date(seconds * 1000).toISOString(),
  };
};

const runKeyIn = (pk: string, sk: string): RunKey | undefined => {
  const [, workspace, experiment] = /^WS#(.+)#EXP#(.+)#RUNS#\d+$/.exec(pk) ?? [];
  const [, runId] = /^RUN#(\d+)$/.exec(sk) ?? [];
  if (workspace === undefined || experiment === undefined || runId === undefined) return undefined;
  return { workspace, experiment, runId: Number(runId) };
};
