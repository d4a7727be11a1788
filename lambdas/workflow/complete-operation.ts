import type { Experiment } from '../../domain/experiment.ts';
import type { Operation } from '../../domain/operation.ts';
import { isActive } from '../../domain/operation.ts';
import type { Run } from '../../domain/run.ts';
import { cutShort, fail, isOpen, sharedDataError } from '../../domain/run.ts';
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
  const runs = await runsOf(operation, ports);
  const failure = await failureOf(input, operation, runs, ports);
  await settleLeftRuns(runs, { operation, experiment, failure }, ports);
  const endedAt = ports.clock.now();
  const status = lastStatus(operation, experiment, failure);
  const over: Operation = { ...operation, status, endedAt, ...failure };
  const endExperiment = over.request.kind === 'end' && over.status === 'completed';
  const finished = await ports.operations.finish(over, { endExperiment });
  return finished ? { status: over.status } : completeOperation(input, ports);
};

const lastStatus = (
  { status }: Operation,
  experiment: Experiment,
  failure: Failure | undefined,
): Operation['status'] => {
  if (status === 'cancelling' || experiment.status === 'ended') return 'cancelled';
  return failure === undefined ? 'completed' : 'failed';
};

const runsOf = async (operation: Operation, { runs }: Ports): Promise<readonly Run[]> => {
  const { request } = operation;
  if (request.kind !== 'fit') return [];
  const ids = Array.from({ length: request.runCount }, (_, i) => request.firstRunId + i);
  return runs.findMany(operation, ids);
};

/** Why an operation fails as a whole. */
type Failure = Required<Pick<Operation, 'error'>> & Pick<Operation, 'errorType'>;

const failureOf = async (
  { failure }: CompleteInput,
  operation: Operation,
  runs: readonly Run[],
  { dataHandles }: Ports,
): Promise<Failure | undefined> => {
  if (failure) {
    return { error: `${failure.Error ?? 'error'}: ${messageIn(failure.Cause ?? '')}` };
  }
  if (operation.request.kind === 'download') {
    const { dataHandleId } = operation.request;
    const handle = await dataHandles.find({ ...operation, dataHandleId });
    return handle?.error === undefined
      ? undefined
      : { error: handle.error, errorType: handle.errorType };
  }
  const shared = sharedDataError(runs);
  return shared && { error: shared.message, errorType: shared.errorType };
};

/** A Lambda function's failure comes as JSON, others as text. */
const messageIn = (cause: string): string => {
  const message = /"errorMessage":\s*("(?:[^"\\]|\\.)*")/.exec(cause)?.[1];
  return (message === undefined ? cause : String(JSON.parse(message))).slice(0, maxMessageLength);
};

const maxMessageLength = 500;

interface Circumstances {
  readonly operation: Operation;
  readonly experiment: Experiment;
  readonly failure: Failure | undefined;
}

/** Workers settle their runs; runs are left only when a step failed or a cancel came before the workers. */
const settleLeftRuns = async (
  runs: readonly Run[],
  { operation, experiment, failure }: Circumstances,
  ports: Ports,
): Promise<void> => {
  const now = ports.clock.now();
  const ended = experiment.status === 'ended';
  const cut = operation.status === 'cancelling' || ended || failure === undefined;
  const settled = (run: Run): Run =>
    cut
      ? cutShort(run, ended ? 'superseded' : 'cancelled', now)
      : fail(run, { message: `the fit failed: ${failure.error}` }, now);
  await Promise.all(runs.filter(isOpen).map((run) => ports.runs.replace(settled(run), run.status)));
};
