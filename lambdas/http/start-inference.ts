import type { startPrediction, startTest } from '../../contract/inference-routes.ts';
import type { OperationResource } from '../../contract/resources.ts';
import type { Call } from '../../contract/route.ts';
import type { Json } from '../../domain/config.ts';
import { asJson } from '../../domain/config.ts';
import { checkUsable } from '../../domain/data-handle.ts';
import type { Experiment, ExperimentKey } from '../../domain/experiment.ts';
import type { InferenceKind, Model } from '../../domain/inference.ts';
import type { CheckpointOfRun, Pathway } from '../../domain/inference-model.ts';
import { checkNotDeleted, newestCheckpoint, readPathway } from '../../domain/inference-model.ts';
import type { Run } from '../../domain/run.ts';
import { hideSecrets, setSecretsAside } from '../../domain/secrets.ts';
import { findEpochCheckpoint } from './find-checkpoint.ts';
import { findDataHandle, findRun } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';
import type { StartPorts } from './start-operation.ts';
import { startOperation } from './start-operation.ts';

export type InferencePorts = StartPorts &
  Pick<HttpPorts, 'dataHandles' | 'runs' | 'epochCheckpoints' | 'secrets' | 'bucket' | 'entropy'>;

/** Settles which model is meant, then starts the test or the prediction. */
export const startInference = async (
  kind: InferenceKind,
  { params, body, idempotencyKey }: Call<typeof startTest | typeof startPrediction>,
  ports: InferencePorts,
): Promise<{ readonly status: 202; readonly body: OperationResource }> => {
  const { config, keepSecrets } = setAside(params, body.config, ports);
  const asked = { ...body, ...(config !== undefined && { config }) };
  const pathway = readPathway(asked);
  const { dataHandleId, batchSize } = body;
  const operation = await startOperation(
    {
      key: params,
      idempotencyKey,
      body: { kind, ...asked, config: config && hideSecrets(config) },
      request: async (experiment) => {
        checkUsable(await findDataHandle({ ...params, dataHandleId }, ports), kind);
        const model = await findModel(pathway, experiment, ports);
        await keepSecrets();
        return { kind, dataHandleId, batchSize, model };
      },
    },
    ports,
  );
  return { status: 202, body: showOperation(operation) };
};

/** Sets the config's secrets aside, to be kept once the operation is sure to be wanted. */
const setAside = (
  key: ExperimentKey,
  config: unknown,
  { secrets, entropy }: InferencePorts,
): { readonly config?: Json; readonly keepSecrets: () => Promise<void> } => {
  if (config === undefined) return { keepSecrets: async () => undefined };
  const set = entropy.id(16);
  const aside = setSecretsAside(asJson(config), set);
  const keepSecrets = () => secrets.keep(key, set, aside.secrets);
  return { config: aside.config, keepSecrets };
};

const findModel = async (
  pathway: Pathway,
  experiment: Experiment,
  ports: InferencePorts,
): Promise<Model> => {
  if (pathway.kind === 'tag') return pathway;
  const { epochCheckpoint } = pathway;
  const run = await findRun({ ...experiment, runId: pathway.runId }, ports);
  checkNotDeleted(run);
  const { prefix, ...place } =
    epochCheckpoint === undefined
      ? newestCheckpoint(run)
      : await checkpointOfEpoch(run, epochCheckpoint, { experiment, ports });
  const uri = `s3://${ports.bucket}/${prefix}`;
  return { kind: 'run', runId: run.runId, ...place, uri, config: run.config };
};

const checkpointOfEpoch = async (
  run: Run,
  epoch: number,
  { experiment, ports }: { readonly experiment: Experiment; readonly ports: InferencePorts },
): Promise<CheckpointOfRun> => {
  const { prefix } = await findEpochCheckpoint(run, epoch, experiment, ports);
  return { choice: 'epoch', epoch, chunk: 0, prefix };
};
