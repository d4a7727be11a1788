import { DomainError } from '../domain/domain-error.ts';
import type { Experiment } from '../domain/experiment.ts';
import { candidateNames } from '../domain/experiment-name.ts';
import type { Clock } from '../domain/instant.ts';
import type {
  ArtifactStore,
  Entropy,
  ExperimentStore,
  JobQueue,
  MlSpecChecker,
} from '../domain/ports.ts';
import { codeKey } from '../domain/storage-layout.ts';
import { jobNamePrefix } from '../domain/worker.ts';

const maxSourceBytes = 1024 * 1024;

/** What a new experiment is made from. */
export interface Wanted {
  readonly workspace: string;
  readonly name: string;
  readonly mlSpec: Experiment['mlSpec'];
  readonly source: string;
  readonly epochCheckpoints: boolean;
  readonly occurrence?: Experiment['occurrence'];
}

export interface PlacePorts {
  readonly experiments: ExperimentStore;
  readonly artifacts: ArtifactStore;
  readonly jobQueue: JobQueue;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** Refuses MLSpec code that no engine could use, before anything else is ended for it. */
export const checkCode = async (
  { fileName, source }: { readonly fileName: string; readonly source: string },
  { mlSpecs }: { readonly mlSpecs: MlSpecChecker },
): Promise<void> => {
  checkSize(fileName, source);
  const faults = await mlSpecs.check(source);
  const [first] = faults;
  if (!first) return;
  throw new DomainError(
    'invalid-ml-spec',
    `${fileName}:${first.line}:${first.column} ${first.detail}`,
    faults.map((fault) => ({ pointer: '/mlSpec/source', ...fault })),
  );
};

const checkSize = (fileName: string, source: string): void => {
  const bytes = Buffer.byteLength(source);
  if (bytes <= maxSourceBytes) return;
  throw new DomainError(
    'invalid-ml-spec',
    `${fileName} has ${bytes} bytes; at most 1 MiB is taken`,
    [{ pointer: '/mlSpec/source', detail: 'too long' }],
  );
};

/**
 * Makes the experiment under the first free name in place of the one that is alive; `undefined` when
 * another creator came first.
 */
export const placeExperiment = async (
  alive: Experiment | undefined,
  wanted: Wanted,
  ports: PlacePorts,
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

const newExperiment = (
  name: string,
  wanted: Wanted,
  { clock, entropy }: PlacePorts,
): Experiment => ({
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
  occurrence: wanted.occurrence,
});
