import type { Experiment } from '../../domain/experiment.ts';
import type { Operation } from '../../domain/operation.ts';
import { cutShortBy, isActive } from '../../domain/operation.ts';
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
  const error = await errorOf(input, operation, ports);
  await settleLeftRuns(operation, experiment, error, ports);
  const endedAt = ports.clock.now();
  const over: Operation = {
    ...operation,
    status: lastStatus(operation, experiment, error),
    endedAt,
    error,
  };
  const endExperiment = over.request.kind === 'end' && over.status === 'completed';
  const finished = await ports.operations.finish(over, { endExperiment });
  return finished ? { status: over.status } : completeOperation(input, ports);
};

const lastStatus = (
  { status }: Operation,
  experiment: Experiment,
  error: string | undefined,
): Operation['status'] => {
  if (status === 'cancelling' || experiment.status === 'ended') return 'cancelled';
  return error === undefined ? 'completed' : 'failed';
};

const errorOf = async (
  { failure }: CompleteInput,
  operation: Operation,
  { dataHandles }: Ports,
): Promise<string | undefined> => {
  if (failure) return `${failure.Error ?? 'error'}: ${messageIn(failure.Cause ?? '')}`;
  if (operation.request.kind !== 'download') return undefined;
  const { dataHandleId } = operation.request;
  const handle = await dataHandles.find({ ...operation, dataHandleId });
  return handle?.error;
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
  const cutBy = experiment.status === 'ended' ? 'superseded' : cutShortBy(operation);
  const cut = cutBy !== undefined || error === undefined;
  await Promise.all(
    left.map((run) =>
      runs.replace(
        cut
          ? cutShort(run, cutBy ?? 'cancelled', now)
          : fail(run, { message: `the fit failed: ${error}` }, now),
        run.status,
      ),
    ),
  );
};
