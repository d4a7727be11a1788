import type { DataHandle } from '../../domain/data-handle.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { executionOf } from '../../domain/execution.ts';
import type { Experiment, ExperimentKey } from '../../domain/experiment.ts';
import type { Operation, OperationRequest } from '../../domain/operation.ts';
import { isActive } from '../../domain/operation.ts';
import type { IdempotencyMark } from '../../domain/ports.ts';
import { sha256 } from '../token.ts';
import { findAliveExperiment } from './look-up.ts';
import type { HttpPorts } from './ports.ts';

export type StartPorts = Pick<HttpPorts, 'experiments' | 'operations' | 'workflows' | 'clock'>;

/** Rounds lost to racing callers before this one is asked to try again. */
const maxRounds = 10;

interface Start {
  readonly key: ExperimentKey;
  /** The call's `Idempotency-Key` and its body, which together tell a repeated call from a new one. */
  readonly idempotencyKey: string | undefined;
  readonly body: unknown;
  /** Settles the request against the experiment as read in this round; may write what the operation needs. */
  readonly request: (experiment: Experiment) => Promise<OperationRequest>;
  readonly dataHandle?: DataHandle | undefined;
  /** Whether the caller is given an active operation in place of a new one. */
  readonly joins?: (active: Operation) => boolean;
}

/**
 * Starts an operation in the experiment's one active place, or finds the one that an equal call with the
 * same key started before. What is committed here is carried out even if the caller never hears of it.
 */
export const startOperation = async (start: Start, ports: StartPorts): Promise<Operation> => {
  const mark = markOf(start);
  for (let round = 0; round < maxRounds; round++) {
    const earlier = mark && (await findEarlier(start.key, mark, ports));
    if (earlier) return earlier;
    const experiment = await findAliveExperiment(start.key, ports);
    const joined = await join(start, experiment, ports);
    if (joined) return joined;
    refuseSecond(experiment);
    const operation = newOperation(experiment, await start.request(experiment), ports);
    const { dataHandle } = start;
    if (await ports.operations.start(experiment, operation, { mark, dataHandle })) {
      return execute(experiment, operation, ports);
    }
  }
  throw new Error(`an operation of ${start.key.experiment} lost ${maxRounds} races in a row`);
};

const markOf = ({ idempotencyKey, body }: Start): IdempotencyMark | undefined =>
  idempotencyKey === undefined
    ? undefined
    : {
        key: idempotencyKey,
        requestSha256: sha256(JSON.stringify(body)),
      };

const findEarlier = async (
  key: ExperimentKey,
  mark: IdempotencyMark,
  { operations }: StartPorts,
): Promise<Operation | undefined> => {
  const earlier = await operations.findByIdempotencyKey(key, mark.key);
  if (earlier && earlier.requestSha256 !== mark.requestSha256) {
    throw new DomainError(
      'idempotency-key-reused',
      `operation ${earlier.operation.operation} was started with this Idempotency-Key and another body; use a new key for a new call`,
    );
  }
  return earlier?.operation;
};

const join = async (
  { joins }: Start,
  { activeOperation, ...key }: Experiment,
  { operations }: StartPorts,
): Promise<Operation | undefined> => {
  if (!joins || activeOperation === undefined) return undefined;
  const active = await operations.find({ ...key, operation: activeOperation });
  return active && isActive(active) && joins(active) ? active : undefined;
};

const refuseSecond = ({ experiment, activeOperation }: Experiment): void => {
  if (activeOperation === undefined) return;
  throw new DomainError(
    'operation-in-progress',
    `operation ${activeOperation} of ${experiment} is active; wait for it, watch() it, or cancel_current() it`,
  );
};

const newOperation = (
  experiment: Experiment,
  request: OperationRequest,
  { clock }: StartPorts,
): Operation => ({
  workspace: experiment.workspace,
  experiment: experiment.experiment,
  operation: experiment.lastOperation + 1,
  request,
  status: 'pending',
  createdAt: clock.now(),
  executions: 1,
  additions: 0,
  addedWorkers: 0,
});

/** Starts the execution; should this fail, the sweeper starts it within two minutes. */
const execute = async (
  { id }: Experiment,
  operation: Operation,
  { workflows }: StartPorts,
): Promise<Operation> => {
  await workflows.start(executionOf(operation, id));
  return operation;
};
