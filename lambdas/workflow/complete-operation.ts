import { runIdsIn } from '../../domain/dealing.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { Operation } from '../../domain/operation.ts';
import { cutShortBy, isActive, isInference } from '../../domain/operation.ts';
import type { Run, RunError } from '../../domain/run.ts';
import { cutShort, fail, isOpen, sharedDataError } from '../../domain/run.ts';
import type { Worker } from '../../domain/worker.ts';
import { isAdded } from '../../domain/worker.ts';
import type { WorkflowPorts } from './ports.ts';
import { runPages } from './run-pages.ts';
import type { StepInput } from './step.ts';
import { findStep } from './step.ts';

type Ports = Pick<
  WorkflowPorts,
  'experiments' | 'operations' | 'runs' | 'workers' | 'dataHandles' | 'clock'
>;

interface CompleteInput extends StepInput {
  /** The worker whose execution asks, if it was added to the operation. */
  readonly worker?: string | undefined;
  /** What the state machine caught when a step itself failed. */
  readonly failure?: { readonly Error?: string; readonly Cause?: string };
}

interface Circumstances {
  readonly experiment: Experiment;
  readonly operation: Operation;
  /** Of a fit: the runs it began with, and those that workers still have. */
  readonly runIds: readonly number[];
}

/** What came of it besides runs: an error, or what a test or a prediction brought. */
type Outcome = Pick<Operation, 'metrics' | 'predictions' | 'error' | 'errorType' | 'traceback'>;

/**
 * Gives the operation its last status and frees the experiment's place for the next one. Its execution
 * and those of workers that were added to it all come here: the last one does it, which finds nobody left.
 */
export const completeOperation = async (
  input: CompleteInput,
  ports: Ports,
): Promise<{ readonly status: Operation['status'] }> => {
  const { experiment, operation } = await findStep(input, ports);
  if (!isActive(operation)) return { status: operation.status };
  const workers = await ports.workers.listByOperation(operation);
  if (!input.failure && hasOthers(workers, input)) return { status: operation.status };
  const circumstances = { experiment, operation, runIds: runIdsOf(operation, workers) };
  const outcome = await outcomeOf(input, circumstances, ports);
  await settleLeftRuns(circumstances, outcome.error, ports);
  const over: Operation = {
    ...operation,
    status: lastStatus(circumstances, outcome.error),
    endedAt: ports.clock.now(),
    ...outcome,
  };
  const endExperiment = over.request.kind === 'end' && over.status === 'completed';
  const finished = await ports.operations.finish(over, operation.status, { endExperiment });
  // Cancelled or superseded in this moment, it ends in another way.
  return finished ? { status: over.status } : completeOperation(input, ports);
};

/** Whether other executions are still at work, the last of which comes here again. */
const hasOthers = (workers: readonly Worker[], { worker }: CompleteInput): boolean =>
  workers.some((one) => one.status !== 'gone' && (worker !== undefined || isAdded(one)));

const runIdsOf = ({ request }: Operation, workers: readonly Worker[]): readonly number[] => {
  if (request.kind !== 'fit') return [];
  const own = Array.from({ length: request.runCount }, (_, i) => request.firstRunId + i);
  const had = workers.flatMap(({ dealing }) => runIdsIn(dealing));
  return [...new Set([...own, ...had])];
};

/** Its runs, some at a time; those that a later fit took over are its no more. */
async function* runsOf(
  { operation, runIds }: Circumstances,
  { runs }: Ports,
): AsyncGenerator<readonly Run[]> {
  for await (const page of runPages(operation, runIds, { runs })) {
    yield page.filter((run) => run.operation === operation.operation);
  }
}

const isCutShort = ({ experiment, operation }: Circumstances): boolean =>
  operation.status === 'cancelling' || experiment.status === 'ended';

const lastStatus = (
  circumstances: Circumstances,
  error: string | undefined,
): Operation['status'] => {
  if (isCutShort(circumstances)) return 'cancelled';
  return error === undefined ? 'completed' : 'failed';
};

const outcomeOf = async (
  { failure }: CompleteInput,
  circumstances: Circumstances,
  ports: Ports,
): Promise<Outcome> => {
  if (failure) return { error: `${failure.Error ?? 'error'}: ${messageIn(failure.Cause ?? '')}` };
  const { request } = circumstances.operation;
  if (isInference(request)) return inferenceOutcome(circumstances, ports);
  if (request.kind === 'download') {
    const { dataHandleId } = request;
    const handle = await ports.dataHandles.find({ ...circumstances.operation, dataHandleId });
    return { error: handle?.error, errorType: handle?.errorType };
  }
  const shared = await dataErrorOf(circumstances, ports);
  return { error: shared?.message, errorType: shared?.errorType };
};

/** The error of all runs when the data are at fault; the first without one is enough to know better. */
const dataErrorOf = async (
  circumstances: Circumstances,
  ports: Ports,
): Promise<RunError | undefined> => {
  let told: Run[] = [];
  for await (const [first, ...others] of runsOf(circumstances, ports)) {
    if (!first) continue;
    if (!sharedDataError([...told, first, ...others])) return undefined;
    told = [first];
  }
  return sharedDataError(told);
};

const inferenceOutcome = async (
  circumstances: Circumstances,
  { workers }: Ports,
): Promise<Outcome> => {
  if (isCutShort(circumstances)) return {};
  const worker = await workers.find({ ...circumstances.operation, worker: 1 });
  const inference = worker?.inference;
  if (inference?.status === 'completed') {
    return { metrics: inference.metrics, predictions: inference.predictions };
  }
  const { message, errorType, traceback } = inference?.error ?? { message: 'its worker was lost' };
  return { error: message, errorType, traceback };
};

/** A Lambda function's failure comes as JSON, others as text. */
const messageIn = (cause: string): string => {
  const message = /"errorMessage":\s*("(?:[^"\\]|\\.)*")/.exec(cause)?.[1];
  return (message === undefined ? cause : String(JSON.parse(message))).slice(0, maxMessageLength);
};

const maxMessageLength = 500;

/** Workers settle their runs; runs are left only when a step failed or a cancel came before the workers. */
const settleLeftRuns = async (
  circumstances: Circumstances,
  error: string | undefined,
  ports: Ports,
): Promise<void> => {
  const now = ports.clock.now();
  const { experiment, operation } = circumstances;
  const cutBy = experiment.status === 'ended' ? 'superseded' : cutShortBy(operation);
  const settled = (run: Run): Run =>
    cutBy === undefined && error !== undefined
      ? fail(run, { message: `the fit failed: ${error}` }, now)
      : cutShort(run, cutBy ?? 'cancelled', now);
  for await (const runs of runsOf(circumstances, ports)) {
    const left = runs.filter(isOpen);
    await Promise.all(left.map((run) => ports.runs.replace(settled(run), run.status)));
  }
};
