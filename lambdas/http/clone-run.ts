import { cloneRun as route } from '../../contract/control-routes.ts';
import { cloneConfigs } from '../../domain/clone.ts';
import { asJson } from '../../domain/config.ts';
import { checkWarm } from '../../domain/control.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { EpochCheckpoint, Run } from '../../domain/run.ts';
import { hideSecrets, setSecretsAside } from '../../domain/secrets.ts';
import { clone } from '../../domain/steering.ts';
import { useCase } from '../use-case.ts';
import type { Scene, Steered } from './control-run.ts';
import { controlRun } from './control-run.ts';
import { findEpochCheckpoint } from './find-checkpoint.ts';
import type { JoinPorts } from './join-fit.ts';
import { circumstancesOf, startAdded } from './join-fit.ts';
import type { HttpPorts } from './ports.ts';
import { showControl, showRun } from './show.ts';

type Ports = JoinPorts & Pick<HttpPorts, 'epochCheckpoints' | 'secrets'>;

export const cloneRun = useCase(route, async (call, ports: Ports) => {
  const { warmStart, epoch } = call.body;
  const set = ports.entropy.id(16);
  const { config: changes, secrets } = setSecretsAside(asJson(call.body.changes), set);
  const change = async (scene: Scene) => {
    const circumstances = await circumstancesOf(scene, ports);
    const { config } = scene.met.run;
    const clones = {
      ...circumstances,
      configs: cloneConfigs(config, changes, circumstances.seed),
      lastRunId: scene.experiment.lastRunId,
      warmStart: await warmStartOf(scene, { warmStart, epoch }, ports),
      now: ports.clock.now(),
    };
    await ports.secrets.keep(call.params, set, secrets);
    return clone(scene.met, clones);
  };
  const asked = { changes: hideSecrets(changes), warmStart, epoch };
  const steered = await controlRun({ op: 'clone', asked, change }, call, ports);
  await startAdded(steered, ports);
  const made = await clonesOf(steered, ports);
  const runs = made.map((run) => showRun(run, ports));
  return { status: 202, body: { runs, control: showControl(steered.entry) } };
});

const warmStartOf = async (
  { experiment, met: { run } }: Scene,
  { warmStart, epoch }: { readonly warmStart: boolean; readonly epoch: number | undefined },
  ports: Ports,
): Promise<EpochCheckpoint | 'newest' | undefined> => {
  if (!warmStart && epoch === undefined) return undefined;
  if (!warmStart) {
    throw new DomainError(
      'invalid-request',
      'epoch says which weights a warm clone starts from; give warmStart with it, or leave it out',
      [{ pointer: '/epoch', detail: 'needs warmStart' }],
    );
  }
  checkWarm(run);
  return epoch === undefined ? 'newest' : findEpochCheckpoint(run, epoch, experiment, ports);
};

/** The runs that were made, now or when the same call came before. */
const clonesOf = async ({ entry, change }: Steered, { runs }: Ports): Promise<readonly Run[]> =>
  change
    ? change.runs.flatMap(({ before, after }) => (before ? [] : [after]))
    : runs.findMany(entry, entry.made ?? []);
