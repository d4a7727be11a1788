import { DomainError } from '../../domain/domain-error.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { Operation } from '../../domain/operation.ts';
import { isActive } from '../../domain/operation.ts';
import type { Occurrence } from '../../domain/schedule.ts';
import { isOpenOccurrence } from '../../domain/schedule.ts';
import { logger } from '../logger.ts';
import { afterStage, startDownload } from './after-stage.ts';
import { announce } from './announce.ts';
import { begin } from './begin.ts';
import type { Change } from './change.ts';
import { crown } from './crown.ts';
import type { OccurrencePorts } from './ports.ts';

/**
 * Takes an occurrence as far as it goes now. Every step is written before the next one, over the revision
 * that was read: of several who advance it at once one goes on.
 */
export const advance = async (occurrence: Occurrence, ports: OccurrencePorts): Promise<void> => {
  let now = occurrence;
  while (isOpenOccurrence(now)) {
    const change = await stepOrRefusal(now, ports);
    if (!change) return;
    const next: Occurrence = { ...now, ...change, revision: now.revision + 1 };
    if (!(await ports.occurrences.replace(next, now.revision))) return;
    logger.info('occurrence', { status: next.status, stage: next.stage, reason: next.reason });
    now = next;
  }
  await announce(now, ports);
};

const stepOrRefusal = async (now: Occurrence, ports: OccurrencePorts): Promise<Change> => {
  try {
    return await step(now, ports);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // Somebody does something in the experiment meanwhile.
    if (error.refusal === 'operation-in-progress') return undefined;
    if (error.refusal === 'experiment-ended') return superseded(now, ports);
    return failed(now, error.message, ports);
  }
};

const step = async (now: Occurrence, ports: OccurrencePorts): Promise<Change> => {
  if (now.experiment === undefined) return begin(now, ports);
  const key = { workspace: now.workspace, experiment: now.experiment };
  const experiment = await ports.experiments.find(key);
  if (!experiment) throw new Error(`experiment ${now.experiment} is gone`);
  if (now.operation === undefined) return withoutOperation(now, ports);
  const operation = await ports.operations.find({ ...key, operation: now.operation });
  if (!operation) throw new Error(`operation ${now.operation} of ${now.experiment} is gone`);
  return isActive(operation) ? undefined : goOn(now, { experiment, operation }, ports);
};

/** Nothing was started yet, or the experiment was ended at once. */
const withoutOperation = (now: Occurrence, ports: OccurrencePorts): Promise<Change> =>
  now.stage === 'end' ? completed(now, ports) : startDownload(now, ports);

const goOn = async (
  now: Occurrence,
  { experiment, operation }: { readonly experiment: Experiment; readonly operation: Operation },
  ports: OccurrencePorts,
): Promise<Change> => {
  if (now.stage === 'end' && operation.status === 'completed') return completed(now, ports);
  if (experiment.status === 'ended') return superseded(now, ports);
  // A champion that cannot be measured any more loses.
  if (operation.status === 'completed' || now.stage === 'champion-test') {
    return afterStage(now, operation, ports);
  }
  const why = operation.error ?? `it was ${operation.status}`;
  return failed(now, `its ${now.stage} ${operation.operation} failed: ${why}`, ports);
};

const completed = async (now: Occurrence, ports: OccurrencePorts): Promise<Change> => {
  await crown(now, ports);
  return { status: 'completed', endedAt: ports.clock.now() };
};

const superseded = async (_: Occurrence, { clock }: OccurrencePorts): Promise<Change> => ({
  status: 'superseded',
  reason: 'its experiment was ended before it was over',
  endedAt: clock.now(),
});

/** Ends its experiment, so that it is in nobody's way; not if somebody goes on in it. */
const failed = async (
  { workspace, experiment }: Occurrence,
  reason: string,
  { experiments, clock }: OccurrencePorts,
): Promise<Change> => {
  const endedAt = clock.now();
  if (experiment !== undefined) await experiments.end({ workspace, experiment }, endedAt);
  return { status: 'failed', reason, endedAt };
};
