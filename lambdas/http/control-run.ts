import type { deleteRun, extendRun, resumeRun, stopRun } from '../../contract/control-routes.ts';
import type { Call, Reply } from '../../contract/route.ts';
import type { ControlDetails, ControlEntry, ControlOp } from '../../domain/control.ts';
import { checkActiveFit, checkLegal, isInEffect } from '../../domain/control.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { ActiveFit, Operation } from '../../domain/operation.ts';
import type { Run } from '../../domain/run.ts';
import type { Met } from '../../domain/steering.ts';
import type { Worker } from '../../domain/worker.ts';
import type { ControlChange } from '../../domain/worker-ports.ts';
import { findAliveExperiment, findExperiment, findRun } from './look-up.ts';
import { noteLook } from './note-look.ts';
import type { HttpPorts } from './ports.ts';
import { showControl, showRun } from './show.ts';

export type ControlPorts = Pick<
  HttpPorts,
  | 'experiments'
  | 'operations'
  | 'runs'
  | 'workers'
  | 'controlLog'
  | 'bucket'
  | 'gpuHourUsd'
  | 'clock'
  | 'entropy'
>;

type SteeringRoute = typeof stopRun | typeof resumeRun | typeof extendRun | typeof deleteRun;

/** What an op is done to: a run of an experiment that is alive, while a fit is active. */
export interface Scene {
  readonly experiment: Experiment;
  readonly met: Met;
  readonly fit: ActiveFit;
}

/** An op, and what it changes of what it meets. */
export interface Steering {
  readonly op: ControlOp;
  readonly asked?: ControlDetails | undefined;
  readonly change: (scene: Scene) => ControlChange | Promise<ControlChange>;
}

/** Rounds lost to syncs and other callers before this one is asked to try again. */
const maxRounds = 10;

/**
 * Does an op to a run, or refuses it, against the state that it meets; either is kept in the control log.
 * What the run's worker has to do about it is delivered by the worker's next sync.
 */
export const controlRun = async (
  steering: Steering,
  {
    params,
    caller,
    idempotencyKey,
  }: Pick<Call<typeof stopRun>, 'params' | 'caller' | 'idempotencyKey'>,
  ports: ControlPorts,
): Promise<Steered> => {
  const found = await findExperiment(params, ports);
  const { workspace, experiment } = found;
  const runId = Number(params.runId);
  const { op, asked: details } = steering;
  const asked = { workspace, experiment, op, runId, by: caller?.label ?? '', asked: details };
  try {
    return await accept(asked, { found, steering, idempotencyKey }, ports);
  } catch (error) {
    if (error instanceof DomainError) await keepRefusal(asked, error, ports);
    throw error;
  }
};

/** What was kept of an op, the run as it is then, and what was changed unless that was done before. */
export interface Steered {
  readonly experiment: Experiment;
  readonly entry: ControlEntry;
  readonly run: Run;
  readonly change?: ControlChange;
}

export const showSteered = (
  { entry, run }: Steered,
  ports: ControlPorts,
): Reply<SteeringRoute> => ({
  status: isInEffect(entry.op, run) ? 200 : 202,
  body: { run: showRun(run, ports), control: showControl(entry) },
});

type Asked = Pick<ControlEntry, 'workspace' | 'experiment' | 'op' | 'runId' | 'by' | 'asked'>;

const accept = async (
  asked: Asked,
  how: {
    /** As it was when the call came, alive or not. */
    readonly found: Experiment;
    readonly steering: Steering;
    readonly idempotencyKey: string | undefined;
  },
  ports: ControlPorts,
): Promise<Steered> => {
  const { found, steering, idempotencyKey } = how;
  for (let round = 0; round < maxRounds; round++) {
    const earlier = await findEarlier(asked, idempotencyKey, ports);
    if (earlier) return { experiment: found, entry: earlier, run: await findRun(asked, ports) };
    const experiment = await findAliveExperiment(asked, ports);
    const active = await findActive(experiment, ports);
    const met = await meet(asked, ports);
    const fit = checkActiveFit(asked.op, met.run, active);
    checkLegal(asked.op, met.run, met.worker?.dealing);
    await noteLook(fit, ports);
    const change = await steering.change({ experiment, met, fit });
    const made = change.runs.flatMap(({ before, after }) => (before ? [] : [after.runId]));
    const entry: ControlEntry = {
      ...asked,
      ...stamp(ports),
      outcome: 'accepted',
      made: made.length > 0 ? made : undefined,
    };
    if (await ports.controlLog.accept(entry, change, idempotencyKey)) {
      const run = change.runs.find(({ after }) => after.runId === asked.runId)?.after ?? met.run;
      return { experiment, entry, run, change };
    }
  }
  throw new Error(`an op on run ${asked.runId} lost ${maxRounds} races in a row`);
};

const stamp = ({ clock, entropy }: ControlPorts): Pick<ControlEntry, 'id' | 'at'> => ({
  at: clock.now(),
  id: entropy.id(8),
});

const findEarlier = async (
  asked: Asked,
  idempotencyKey: string | undefined,
  { controlLog }: ControlPorts,
): Promise<ControlEntry | undefined> => {
  if (idempotencyKey === undefined) return undefined;
  const earlier = await controlLog.findByIdempotencyKey(asked, idempotencyKey);
  if (!earlier || saysTheSame(earlier, asked)) return earlier;
  throw new DomainError(
    'idempotency-key-reused',
    `with this Idempotency-Key run ${earlier.runId} was asked to ${earlier.op}; use a new key for a new call`,
  );
};

const saysTheSame = (earlier: ControlEntry, { op, runId, asked }: Asked): boolean =>
  earlier.op === op &&
  earlier.runId === runId &&
  JSON.stringify(earlier.asked) === JSON.stringify(asked);

const findActive = async (
  { activeOperation: operation, ...key }: Experiment,
  { operations }: ControlPorts,
): Promise<Operation | undefined> =>
  operation === undefined ? undefined : operations.find({ ...key, operation });

/** The worker is read before the run, so that no later change of the run by it goes unnoticed. */
const meet = async (asked: Asked, ports: ControlPorts): Promise<Met> => {
  const worker = await ports.workers.find(await findRun(asked, ports));
  const run = await findRun(asked, ports);
  return has(worker, run) ? { run, worker } : meet(asked, ports);
};

const has = (worker: Worker | undefined, run: Run): boolean =>
  !worker || (worker.worker === run.worker && worker.operation === run.operation);

const keepRefusal = async (
  asked: Asked,
  { refusal, message }: DomainError,
  ports: ControlPorts,
): Promise<void> =>
  ports.controlLog.refuse({
    ...asked,
    ...stamp(ports),
    outcome: 'refused',
    refusal,
    detail: message,
  });
