import type { deleteRun, resumeRun, stopRun } from '../../contract/control-routes.ts';
import type { Call, Reply } from '../../contract/route.ts';
import type { ControlEntry, ControlOp, Met } from '../../domain/control.ts';
import {
  checkActiveFit,
  checkLegal,
  isInEffect,
  remove,
  resume,
  stop,
  workerToResume,
} from '../../domain/control.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Operation } from '../../domain/operation.ts';
import type { Run } from '../../domain/run.ts';
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

type ControlRoute = typeof stopRun | typeof resumeRun | typeof deleteRun;

/** Rounds lost to syncs and other callers before this one is asked to try again. */
const maxRounds = 10;

/**
 * Does an op to a run, or refuses it, against the state that it meets; either is kept in the control log.
 * What the run's worker has to do about it is delivered by the worker's next sync.
 */
export const controlRun = async (
  op: ControlOp,
  { params, caller = '', idempotencyKey }: Call<ControlRoute>,
  ports: ControlPorts,
): Promise<Reply<ControlRoute>> => {
  const { workspace, experiment } = await findExperiment(params, ports);
  const runId = Number(params.runId);
  const asked = { workspace, experiment, op, runId, by: caller };
  try {
    return await accept(asked, idempotencyKey, ports);
  } catch (error) {
    if (error instanceof DomainError) await keepRefusal(asked, error, ports);
    throw error;
  }
};

type Asked = Pick<ControlEntry, 'workspace' | 'experiment' | 'op' | 'runId' | 'by'>;

const accept = async (
  asked: Asked,
  idempotencyKey: string | undefined,
  ports: ControlPorts,
): Promise<Reply<ControlRoute>> => {
  for (let round = 0; round < maxRounds; round++) {
    const earlier = await findEarlier(asked, idempotencyKey, ports);
    if (earlier) return answer(earlier, await findRun(asked, ports), ports);
    const change = await changeFor(asked, ports);
    const entry: ControlEntry = { ...asked, ...stamp(ports), outcome: 'accepted' };
    if (await ports.controlLog.accept(entry, { ...change, idempotencyKey })) {
      return answer(entry, change.run.after, ports);
    }
  }
  throw new Error(`an op on run ${asked.runId} lost ${maxRounds} races in a row`);
};

const stamp = ({ clock, entropy }: ControlPorts): Pick<ControlEntry, 'id' | 'at'> => ({
  at: clock.now(),
  id: entropy.id(8),
});

const answer = (entry: ControlEntry, run: Run, ports: ControlPorts): Reply<ControlRoute> => ({
  status: isInEffect(entry.op, run) ? 200 : 202,
  body: { run: showRun(run, ports), control: showControl(entry) },
});

const findEarlier = async (
  asked: Asked,
  idempotencyKey: string | undefined,
  { controlLog }: ControlPorts,
): Promise<ControlEntry | undefined> => {
  if (idempotencyKey === undefined) return undefined;
  const earlier = await controlLog.findByIdempotencyKey(asked, idempotencyKey);
  if (!earlier || (earlier.op === asked.op && earlier.runId === asked.runId)) return earlier;
  throw new DomainError(
    'idempotency-key-reused',
    `with this Idempotency-Key run ${earlier.runId} was asked to ${earlier.op}; use a new key for a new call`,
  );
};

/** What the op changes of what is there now. */
const changeFor = async (
  asked: Asked,
  ports: ControlPorts,
): Promise<Omit<ControlChange, 'idempotencyKey'>> => {
  const active = await findActive(asked, ports);
  const { run, worker } = await meet(asked, ports);
  checkActiveFit(asked.op, run, active);
  const met = { run, dealing: worker?.dealing };
  checkLegal(asked.op, met);
  if (active) await noteLook(active, ports);
  if (asked.op !== 'resume') {
    const change = { stop, delete: remove }[asked.op];
    return changed(run, worker, change(met, ports.clock.now()));
  }
  const home = workerToResume(run, await ports.workers.listByOperation(run));
  return changed(run, home, resume(run, home));
};

const findActive = async (asked: Asked, ports: ControlPorts): Promise<Operation | undefined> => {
  const { activeOperation: operation } = await findAliveExperiment(asked, ports);
  return operation === undefined ? undefined : ports.operations.find({ ...asked, operation });
};

/** The worker is read before the run, so that no later change of the run by it goes unnoticed. */
const meet = async (
  asked: Asked,
  ports: ControlPorts,
): Promise<{ readonly run: Run; readonly worker: Worker | undefined }> => {
  const worker = await ports.workers.find(await findRun(asked, ports));
  const run = await findRun(asked, ports);
  return run.worker === (worker?.worker ?? run.worker) ? { run, worker } : meet(asked, ports);
};

const changed = (
  before: Run,
  worker: Worker | undefined,
  { run: after, dealing }: Met,
): Omit<ControlChange, 'idempotencyKey'> => ({
  run: { before, after },
  worker: worker && dealing && { before: worker, after: { ...worker, dealing } },
});

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
