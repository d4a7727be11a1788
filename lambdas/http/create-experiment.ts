import { createExperiment as route } from '../../contract/experiment-routes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Experiment } from '../../domain/experiment.ts';
import { candidateNames } from '../../domain/experiment-name.ts';
import { checkReconnect, isSameExperiment } from '../../domain/reconnect.ts';
import { codeKey } from '../../domain/storage-layout.ts';
import { jobNamePrefix } from '../../domain/worker.ts';
import { sha256 } from '../token.ts';
import { useCase } from '../use-case.ts';
import type { HttpPorts } from './ports.ts';
import { showExperiment } from './show.ts';

type Ports = Pick<
  HttpPorts,
  'experiments' | 'artifacts' | 'jobQueue' | 'mlSpecs' | 'clock' | 'entropy'
>;

const maxSourceBytes = 1024 * 1024;

/** Rounds lost to racing creators before the caller is asked to try again. */
const maxRounds = 20;

interface Wanted {
  readonly workspace: string;
  readonly name: string;
  readonly mlSpec: Experiment['mlSpec'];
  readonly source: string;
  readonly epochCheckpoints: boolean;
}

export const createExperiment = useCase(route, async ({ params, body }, ports: Ports) => {
  const wanted: Wanted = {
    workspace: params.workspace,
    name: body.name,
    source: body.mlSpec.source,
    mlSpec: { fileName: body.mlSpec.fileName, sha256: sha256(body.mlSpec.source) },
    epochCheckpoints: body.epochCheckpoints,
  };
  checkSize(wanted);
  await checkCode(wanted, ports);
  for (let round = 0; round < maxRounds; round++) {
    const alive = await ports.experiments.findAlive(wanted.workspace);
    if (alive && isSameExperiment(alive, wanted.name)) return reconnect(alive, wanted, ports);
    const created = await replaceAlive(alive, wanted, ports);
    if (created) return show(201, created, ports, alive);
  }
  throw new Error(`experiment ${wanted.name} lost ${maxRounds} races in a row`);
});

const checkSize = ({ source, mlSpec }: Wanted): void => {
  const bytes = Buffer.byteLength(source);
  if (bytes <= maxSourceBytes) return;
  throw new DomainError(
    'invalid-ml-spec',
    `${mlSpec.fileName} has ${bytes} bytes; at most 1 MiB is taken`,
    [{ pointer: '/mlSpec/source', detail: 'too long' }],
  );
};

/** Before anything else is ended for it. */
const checkCode = async ({ source, mlSpec }: Wanted, { mlSpecs }: Ports): Promise<void> => {
  const faults = await mlSpecs.check(source);
  const [first] = faults;
  if (!first) return;
  throw new DomainError(
    'invalid-ml-spec',
    `${mlSpec.fileName}:${first.line}:${first.column} ${first.detail}`,
    faults.map((fault) => ({ pointer: '/mlSpec/source', ...fault })),
  );
};

const reconnect = (alive: Experiment, wanted: Wanted, ports: Ports) => {
  checkReconnect(alive, wanted);
  return show(200, alive, ports);
};

/** Makes the experiment under the first free name; `undefined` when another creator came first. */
const replaceAlive = async (
  alive: Experiment | undefined,
  wanted: Wanted,
  ports: Ports,
): Promise<Experiment | undefined> => {
  const { experiments, artifacts, jobQueue } = ports;
  for (const name of candidateNames(wanted.name)) {
    const key = { workspace: wanted.workspace, experiment: name };
    if (await experiments.find(key)) continue;
    const created = newExperiment(name, wanted, ports);
    await artifacts.putText(codeKey(key, wanted.mlSpec.sha256), wanted.source);
    const outcome = await experiments.create(created, alive);
    if (outcome === 'name-taken') continue;
    if (outcome === 'alive-changed') return undefined;
    if (alive?.activeOperation !== undefined) {
      await jobQueue.terminateByPrefix(
        jobNamePrefix(alive.id, alive.activeOperation),
        'superseded',
      );
    }
    return created;
  }
  return undefined;
};

const newExperiment = (name: string, wanted: Wanted, { clock, entropy }: Ports): Experiment => ({
  workspace: wanted.workspace,
  experiment: name,
  id: entropy.id(12),
  requestedName: wanted.name,
  status: 'alive',
  mlSpec: wanted.mlSpec,
  epochCheckpoints: wanted.epochCheckpoints,
  createdAt: clock.now(),
  lastOperation: 0,
  lastRunId: 0,
});

const show = (
  status: 200 | 201,
  experiment: Experiment,
  { artifacts }: Ports,
  superseded?: Experiment,
) => ({
  status,
  body: {
    experiment: showExperiment(experiment, artifacts.bucket),
    reconnected: status === 200,
    superseded: superseded?.experiment,
  },
});
