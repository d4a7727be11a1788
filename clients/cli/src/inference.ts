import { resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import type { startPrediction, startTest } from '../../../contract/inference-routes.ts';
import type { OperationResource } from '../../../contract/resources.ts';
import { usageError } from './cli-error.ts';
import { dataHandleLine, makeDataHandle } from './data-handles.ts';
import { mustBeCompleted, operationName, waitFor } from './operations.ts';
import { idempotencyKey, positive } from './options.ts';
import { modelText } from './render/operation.ts';
import type { Scope, Session } from './session.ts';
import { keyOr } from './session.ts';
import { readYaml } from './yaml-file.ts';

/* What `test` and `predict` have in common: a model, a data handle, an operation to wait for. */

export interface InferenceOptions {
  readonly data?: string | undefined;
  readonly file?: string | undefined;
  readonly modelTag?: string | undefined;
  readonly config?: string | undefined;
  readonly epoch?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly idempotencyKey?: string | undefined;
}

export const inferenceOptions = (command: Command) =>
  command
    .argument('[run]', 'the ID of the run whose checkpoint is used', positive)
    .option('--data <data_handle>', 'the ID of a data handle with that partition')
    .option('--file <place>', 'the partition itself, a file or s3:// URI, to make a data handle of')
    .option('--model-tag <uri>', 's3:// URI of a checkpoint, instead of a run; with --config')
    .option('--config <file>', 'with --model-tag: the knobs of the code as YAML or JSON')
    .option('--epoch <number>', 'the checkpoint after that epoch', positive)
    .option('--batch-size <number>', 'examples per batch and GPU', positive)
    .addOption(idempotencyKey());

interface Inference {
  readonly route: typeof startTest | typeof startPrediction;
  readonly partition: 'test' | 'predict';
  readonly runId: number | undefined;
  readonly options: InferenceOptions;
}

/** Starts it and waits until it is over; gives it as it ended, if it ended well. */
export const infer = async (
  session: Session,
  scope: Scope,
  wanted: Inference,
): Promise<OperationResource> => {
  const { route, options } = wanted;
  const { service, params } = scope;
  const body = await bodyOf(session, scope, wanted);
  const call = { params, body, ...keyOr(options.idempotencyKey) };
  const { body: operation } = await service.call<typeof startTest | typeof startPrediction>(
    route,
    call,
  );
  const model = operation.model === undefined ? '' : ` with ${modelText(operation.model)}`;
  const ended = await waitFor(session, scope, operation, `${operationName(operation)}${model}`);
  mustBeCompleted(ended);
  return ended;
};

const bodyOf = async (session: Session, scope: Scope, wanted: Inference) => {
  const { modelTag, config, epoch, batchSize } = wanted.options;
  const { runId } = wanted;
  const read = config === undefined ? undefined : readYaml(resolve(session.terminal.cwd, config));
  return {
    ...(runId !== undefined && { runId }),
    ...(modelTag !== undefined && { modelTag }),
    ...(read !== undefined && { config: read }),
    ...(epoch !== undefined && { epochCheckpoint: epoch }),
    ...(batchSize !== undefined && { batchSize }),
    dataHandleId: await dataHandleOf(session, scope, wanted),
  };
};

const dataHandleOf = async (
  session: Session,
  scope: Scope,
  { partition, options }: Inference,
): Promise<string> => {
  const { data, file, idempotencyKey: key } = options;
  if (data !== undefined && file === undefined) return data;
  if (data !== undefined || file === undefined) {
    throw usageError(`give either --data, a data handle with a ${partition} partition, or --file`);
  }
  const made = await makeDataHandle(session, scope, {
    request: { places: { [partition]: file } },
    folder: session.terminal.cwd,
    idempotencyKey: key && `${key}-data`,
  });
  session.say(dataHandleLine(made));
  return made.dataHandleId;
};
