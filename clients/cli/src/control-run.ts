import type {
  ControlResource,
  deleteRun,
  resumeRun,
  stopRun,
} from '../../../contract/control-routes.ts';
import type { RunResource } from '../../../contract/resources.ts';
import type { Service } from './service.ts';
import type { Session } from './session.ts';
import { keyOr } from './session.ts';

/** The ops that ask for nothing but the run. */
type PlainRoute = typeof stopRun | typeof resumeRun | typeof deleteRun;

interface Control {
  readonly route: PlainRoute;
  readonly runId: number;
  readonly key: string | undefined;
}

/** Asks for an op on a run and answers with how the run is then. */
export const controlRun = async (
  session: Session,
  { route, runId, key }: Control,
): Promise<void> => {
  const { service, params } = await inRun(session, runId);
  const { status, body } = await service.call<PlainRoute>(route, { params, ...keyOr(key) });
  session.answer(body, () => controlLine(status, body));
};

interface RunScope {
  readonly service: Service;
  readonly params: {
    readonly workspace: string;
    readonly experiment: string;
    readonly runId: string;
  };
}

/** A run of the experiment that is meant, as calls name it. */
export const inRun = async (session: Session, runId: number): Promise<RunScope> => {
  const { service, params } = await session.scope();
  return { service, params: { ...params, runId: String(runId) } };
};

const accepted = 202;

interface Controlled {
  readonly run: RunResource;
  readonly control: ControlResource;
}

const done: Record<ControlResource['op'], string> = {
  stop: 'stopped',
  resume: 'resumed',
  clone: 'cloned',
  extend: 'extended',
  delete: 'deleted',
};

/** One sentence: done, or what is to come at the run's next chunk boundary. */
export const controlLine = (status: number, { run, control }: Controlled): string =>
  status === accepted
    ? `Run ${run.runId} will be ${done[control.op]} at its next chunk boundary (now ${run.status})`
    : `Run ${run.runId} is ${done[control.op]}`;
