import type { Instant } from './instant.ts';
import type { OperationKey } from './operation.ts';
import type { Run } from './run.ts';
import { cutShort, fail, isOpen } from './run.ts';
import type { Halving, RungDecision } from './sha.ts';
import { rungAfter } from './sha.ts';

export interface RungKey extends OperationKey {
  /** Which of the fit's brackets, from 0. */
  readonly bracket: number;
  readonly epoch: number;
}

/** What was decided at a rung; it is decided once. */
export interface Rung extends RungKey, RungDecision {
  readonly decidedAt: Instant;
}

/** Whether a run waits at its rung; it does when the checkpoint that it goes on from is published. */
export const standsAtRung = (run: Run): boolean =>
  isOpen(run) && run.rung !== undefined && (run.checkpoint?.epoch ?? 0) >= run.rung;

/** Whether the rung at `epoch` has to wait for a run. One that takes no part any more is not waited for. */
export const isAwaited = (run: Run, epoch: number): boolean =>
  isOpen(run) && run.rung !== undefined && !(run.rung === epoch && standsAtRung(run));

/** A run as a decision leaves it; unchanged when it left the rung before. */
export const passRung = (
  run: Run,
  { epoch, promoted, lacking }: Rung,
  { halving, now }: { readonly halving: Halving; readonly now: Instant },
): Run => {
  if (!isOpen(run) || run.rung !== epoch) return run;
  if (promoted.includes(run.runId)) return { ...run, rung: rungAfter(halving, epoch) };
  if (!lacking.includes(run.runId)) return cutShort(run, 'sha', now);
  const message = `SHA decides by ${halving.metric}, which the results of this run lack; name a metric that they have`;
  return fail(run, { message }, now);
};
