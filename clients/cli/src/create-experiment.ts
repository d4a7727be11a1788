import { basename } from 'node:path';
import { createExperiment } from '../../../contract/experiment-routes.ts';
import type { ExperimentResource } from '../../../contract/resources.ts';
import { usageError } from './cli-error.ts';
import type { Service } from './service.ts';
import type { Session } from './session.ts';
import { aliveExperiment } from './session.ts';
import { readText } from './yaml-file.ts';

export interface NewExperiment {
  readonly name: string;
  /** The MLSpec file. */
  readonly spec: string;
  readonly epochCheckpoints: boolean;
  /** Which other experiment may be ended by this one: one at rest, one at work, none. */
  readonly mayEnd: 'idle' | 'any' | 'none';
}

/** Creates an experiment, or comes back to the alive one of that name; says which. */
export const createOrReconnect = async (
  session: Session,
  service: Service,
  wanted: NewExperiment,
) => {
  const { name, spec, epochCheckpoints } = wanted;
  const source = readText(spec);
  await refuseToSupersede(service, wanted);
  const { body } = await service.call(createExperiment, {
    params: { workspace: service.connection.workspace },
    body: { name, mlSpec: { fileName: basename(spec), source }, epochCheckpoints },
  });
  const { experiment, superseded, reconnected } = body;
  if (superseded)
    session.say(`Experiment ${superseded} was alive and has ended, without artifacts`);
  session.say(`Experiment ${experiment.name} ${reconnected ? 'reconnected' : 'created'}`);
  if (experiment.name !== name) {
    session.say(`The name ${name} was taken by an ended experiment, hence the suffix`);
  }
  return body;
};

/** One experiment is alive per workspace, so creating another ends it; a typing error should not. */
const refuseToSupersede = async (
  service: Service,
  { name, mayEnd }: NewExperiment,
): Promise<void> => {
  if (mayEnd === 'any') return;
  const alive = await aliveExperiment(service);
  if (alive === undefined || isMeant(alive, name)) return;
  const { activeOperation } = alive;
  if (mayEnd === 'idle' && activeOperation === undefined) return;
  const at =
    activeOperation === undefined ? '' : `, and its operation ${activeOperation} is active`;
  throw usageError(
    `experiment ${alive.name} is alive${at}; creating ${name} would end it without artifacts. ` +
      'End it with `fanfold experiments end` first, or say --supersede',
  );
};

const isMeant = (alive: ExperimentResource, name: string): boolean =>
  alive.name === name || alive.requestedName === name;
