import { createExperiment as route } from '../../contract/experiment-routes.ts';
import type { Experiment } from '../../domain/experiment.ts';
import { checkReconnect, isSameExperiment } from '../../domain/reconnect.ts';
import type { PlacePorts, Wanted } from '../place-experiment.ts';
import { checkCode, placeExperiment } from '../place-experiment.ts';
import { sha256 } from '../token.ts';
import { useCase } from '../use-case.ts';
import type { HttpPorts } from './ports.ts';
import { showExperiment } from './show.ts';

type Ports = PlacePorts & Pick<HttpPorts, 'mlSpecs'>;

/** Rounds lost to racing creators before the caller is asked to try again. */
const maxRounds = 20;

export const createExperiment = useCase(route, async ({ params, body }, ports: Ports) => {
  const wanted: Wanted = {
    workspace: params.workspace,
    name: body.name,
    source: body.mlSpec.source,
    mlSpec: { fileName: body.mlSpec.fileName, sha256: sha256(body.mlSpec.source) },
    epochCheckpoints: body.epochCheckpoints,
  };
  await checkCode(body.mlSpec, ports);
  for (let round = 0; round < maxRounds; round++) {
    const alive = await ports.experiments.findAlive(wanted.workspace);
    if (alive && isSameExperiment(alive, wanted.name)) return reconnect(alive, wanted, ports);
    const created = await placeExperiment(alive, wanted, ports);
    if (created) return show(201, created, ports, alive);
  }
  throw new Error(`experiment ${wanted.name} lost ${maxRounds} races in a row`);
});

const reconnect = (alive: Experiment, wanted: Wanted, ports: Ports) => {
  checkReconnect(alive, wanted);
  return show(200, alive, ports);
};

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
