import * as z from 'zod/mini';
import { controlOps, controlOutcomes } from '../domain/control.ts';
import { refusals } from '../domain/domain-error.ts';
import { page, runResource } from './resources.ts';
import type { Route } from './route.ts';
import { route } from './route.ts';
import { digits, experimentPath, inExperiment, none, paging } from './route-parts.ts';
import { instant, runId } from './shapes.ts';

/** A line of the control log: what a user asked to be done to a run. */
const controlResource = z.object({
  at: instant,
  /** The label of the caller's token. */
  by: z.string(),
  op: z.enum(controlOps),
  runId,
  /** What a clone was to be, secrets hidden, or by how many epochs a run was to be extended. */
  asked: z.optional(
    z.object({
      changes: z.optional(z.unknown()),
      warmStart: z.optional(z.boolean()),
      epoch: z.optional(z.int()),
      epochs: z.optional(z.int()),
    }),
  ),
  /** The runs that it made. */
  made: z.optional(z.array(runId)),
  outcome: z.enum(controlOutcomes),
  /** Why it was refused: the problem type and its sentence. */
  refusal: z.optional(z.enum(refusals)),
  detail: z.optional(z.string()),
});

export type ControlResource = z.infer<typeof controlResource>;

/** What the ops on a run have in common. */
const control = {
  method: 'POST',
  access: 'operator',
  params: z.extend(inExperiment, { runId: digits }),
  query: none,
  body: none,
  answer: z.object({ run: runResource, control: controlResource }),
  statuses: {
    200: 'Done',
    202: 'Accepted; it takes effect at the run’s next chunk boundary',
  },
  problems: [
    'experiment-ended',
    'experiment-not-found',
    'idempotency-key-reused',
    'illegal-transition',
    'no-active-fit',
    'run-not-found',
  ],
  idempotent: true,
} as const satisfies Partial<Route>;

export const stopRun = route({
  ...control,
  name: 'stopRun',
  path: `${experimentPath}/runs/{runId}/stop`,
  summary: 'Stops a run with a checkpoint, from which it can be resumed while its fit is active',
});

export const resumeRun = route({
  ...control,
  name: 'resumeRun',
  path: `${experimentPath}/runs/{runId}/resume`,
  summary: 'Lets a stopped run of the active fit go on exactly where it stopped',
});

export const deleteRun = route({
  ...control,
  name: 'deleteRun',
  path: `${experimentPath}/runs/{runId}/delete`,
  summary: 'Removes a run from runs and results; it can still be asked for by its ID',
});

/** An epoch has no more digits where results are kept. */
const epochs = z.int().check(z.gte(1), z.lte(99_999));

export const cloneRun = route({
  ...control,
  name: 'cloneRun',
  path: `${experimentPath}/runs/{runId}/clone`,
  summary:
    'Makes runs of the active fit from a run with some knobs changed, cold or from its weights',
  body: z.strictObject({
    /**
     * A JSON merge patch of the run's config (`null` takes a knob away); set-valued under `$grid` or
     * `$random`, or a list of patches, for several runs.
     */
    changes: z._default(z.unknown(), {}),
    /** From the run's newest weights, or those after `epoch`; its optimizer and schedule are fresh. */
    warmStart: z._default(z.boolean(), false),
    epoch: z.optional(epochs),
  }),
  answer: z.object({ runs: z.array(runResource), control: controlResource }),
  statuses: { 202: 'The runs are made, and begin within seconds' },
  problems: [...control.problems, 'epoch-checkpoints-disabled', 'invalid-config', 'no-checkpoint'],
});

export const extendRun = route({
  ...control,
  name: 'extendRun',
  path: `${experimentPath}/runs/{runId}/extend`,
  summary:
    'Lets a completed run go on for some epochs more, as if they had been asked for at first',
  body: z.strictObject({ epochs }),
  problems: [...control.problems, 'invalid-config'],
});

export const listControlLog = route({
  name: 'listControlLog',
  method: 'GET',
  path: `${experimentPath}/control-log`,
  summary: 'Lists what was asked to be done to runs, by whom and with what outcome, in order',
  access: 'reader',
  params: inExperiment,
  query: z.object(paging),
  body: none,
  answer: page(controlResource),
  statuses: { 200: 'A page of ops' },
  problems: ['experiment-not-found'],
});
