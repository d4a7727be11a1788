import type { Experiment } from '../../domain/experiment.ts';
import type { Operation } from '../../domain/operation.ts';
import { isActive, isInference } from '../../domain/operation.ts';
import { cutShort, fail, isOpen } from '../../domain/run.ts';
import type { WorkflowPorts } from './ports.ts';
import type { StepInput } from './step.ts';
import { findStep } from './step.ts';

type Ports = Pick<
  WorkflowPorts,
  'experiments' | 'operations' | 'runs' | 'workers' | 'dataHandles' | 'clock'
>;

interface CompleteInput extends StepInput {
  /** What the state machine caught when a step itself failed. */
  readonly failure?: { readonly Error?: string; readonly Cause?: string };
}

/** Gives the operation its last status and frees the experiment's place for the next one. */
export const completeOperation = async (
  input: CompleteInput,
  ports: Ports,
): Promise<{ readonly status: Operation['status'] }> => {
  const { experiment, operation } = await findStep(input, ports);
  if (!isActive(operation)) return { status: operation.status };
  const outcome = await outcomeOf(input, { experiment, operation }, ports);
  const { error } = outcome;
  await settleLeftRuns(operation, experiment, error, ports);
  const endedAt = ports.clock.now();
  const over: Operation = {
    ...operation,
    status: lastStatus(operation, experiment, error),
    endedAt,
    ...outcome,
  };
  const endExperiment = over.request.kind === 'end' && over.status === 'completed';
  const finished = await ports.operations.finish(over, { endExperiment });
  return finished ? { status: over.status } : completeOperation(input, ports);
};

const isCutShort = ({ status }: Operation, experiment: Experiment): boolean =>
  status === 'cancelling' || experiment.status === 'ended';

const lastStatus = (
  operation: Operation,
  experiment: Experiment,
  error: string | undefined,
): Operation['status'] => {
  if (isCutShort(operation, experiment)) return 'cancelled';
  return error === undefined ? 'completed' : 'failed';
};

interface Step {
  readonly experiment: Experiment;
  readonly operation: Operation;
}

type Outcome = Pick<Operation, 'metrics' | 'predictions' | 'error' | 'problem' | 'traceback'>;

/** What came of it besides runs: an error, or what a test or a prediction brought. */
const outcomeOf = async (
  { failure }: CompleteInput,
  step: Step,
  ports: Ports,
): Promise<Outcome> => {
  if (failure) return { error: `${failure.Error ?? 'error'}: ${messageIn(failure.Cause ?? '')}` };
  const { operation } = step;
  const { request } = operation;
  if (isInference(request)) return inferenceOutcome(step, ports);
  if (request.kind !== 'download') return {};
  const handle = await ports.dataHandles.find({
    ...operation,
    dataHandleId: request.dataHandleId,
  });
  return { error: handle?.error };
};

const inferenceOutcome = async (
  { operation, experiment }: Step,
  { workers }: Ports,
): Promise<Outcome> => {
  if (isCutShort(operation, experiment)) return {};
  const inference = (await workers.find({ ...operation, worker: 1 }))?.inference;
  if (inference?.status === 'completed') {
    return { metrics: inference.metrics, predictions: inference.predictions };
  }
  const { message, problem, traceback } = inference?.error ?? { message: 'its worker was lost' };
  return { error: message, problem, traceback };
};

/** A Lambda function's failure comes as JSON, others as text. */
const messageIn = (cause: string): string => {
  const message = /"errorMessage":\s*("(?:[^"\\]|\\.)*")/.exec(cause)?.[1];
  return (message === undefined ? cause : String(JSON.parse(message))).slice(0, maxMessageLength);
};

const maxMessageLength = 500;

/** Workers settle their runs; runs are left only when a step failed or a cancel came before the workers. */
const settleLeftRuns = async (
  operation: Operation,
  experiment: Experiment,
  error: string | undefined,
  { runs, clock }: Ports,
): Promise<void> => {
  const { request } = operation;
  if (request.kind !== 'fit') return;
  const ids = Array.from({ length: request.runCount }, (_, i) => request.firstRunId + i);
  const left = (await runs.findMany(operation, ids)).filter(isOpen);
  const now = clock.now();
  const ending = experiment.status === 'ended' ? 'superseded' : 'cancelled';
  const cut = isCutShort(operation, experiment) || error === undefined;
  await Promise.all(
    left.map((run) =>
      runs.replace(
        cut ? cutShort(run, ending, now) : fail(run, { message: `the fit failed: ${error}` }, now),
        run.status,
      ),
    ),
  );
};
