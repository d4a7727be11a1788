import { resolve } from 'node:path';
import { createDataHandle, getDataHandle } from '../../../contract/experiment-routes.ts';
import type { DataHandleResource } from '../../../contract/resources.ts';
import { CliError, usageError } from './cli-error.ts';
import { waitFor } from './operations.ts';
import { counted } from './render/words.ts';
import type { Scope, Session } from './session.ts';
import { keyOr } from './session.ts';
import { upload } from './uploads.ts';

type Locators = DataHandleResource['locators'];
export type LocatorName = keyof Locators;

/** Every locator by the name that people write, as the Python client has it. */
export const locatorNames = {
  train: 'train',
  validation: 'validation',
  test: 'test',
  predict: 'predict',
  objects: 'objects',
  train_objects: 'trainObjects',
  validation_objects: 'validationObjects',
  test_objects: 'testObjects',
  predict_objects: 'predictObjects',
  misc: 'misc',
} as const satisfies Record<string, LocatorName>;

export type WrittenName = keyof typeof locatorNames;

/** A data handle to be made; each place is an `s3://` URI, or a file or folder on this machine. */
export interface DataRequest {
  readonly places: Readonly<Partial<Record<WrittenName, string | undefined>>>;
  readonly downloadColumns?: readonly string[] | undefined;
  readonly fraction?: number | undefined;
  readonly seed?: number | undefined;
}

interface Making {
  /** What relative paths are relative to. */
  readonly folder: string;
  readonly idempotencyKey?: string | undefined;
}

/** Sends what is on this machine, and downloads the data handle: its manifest is written. */
export const makeDataHandle = async (
  session: Session,
  scope: Scope,
  { request, folder, idempotencyKey }: Making & { readonly request: DataRequest },
): Promise<DataHandleResource> => {
  const { service, params } = scope;
  const { downloadColumns = [], fraction = 1, seed = 42 } = request;
  const locators = await locatorsOf(session, scope, { request, folder });
  const { body } = await service.call(createDataHandle, {
    params,
    body: { locators, downloadColumns: [...downloadColumns], fraction, seed },
    ...keyOr(idempotencyKey),
  });
  if (body.operation === undefined) return ready(body.dataHandle);
  const ended = await waitFor(session, scope, body.operation, 'Downloading the data handle');
  return ready(await readDataHandle(scope, body.dataHandle.dataHandleId), ended.error);
};

export const readDataHandle = async (
  { service, params }: Scope,
  dataHandle: string,
): Promise<DataHandleResource> =>
  (await service.call(getDataHandle, { params: { ...params, dataHandle } })).body;

/** Where the places are once what is on this machine is sent. */
export const locatorsOf = async (
  session: Session,
  { service }: Pick<Scope, 'service'>,
  { request, folder }: Making & { readonly request: DataRequest },
): Promise<Locators> => {
  const locators: Locators = {};
  for (const name of namesIn(request.places)) {
    const place = request.places[name] ?? '';
    const isRemote = place.startsWith('s3://');
    if (!isRemote) session.say(`Uploading ${place} ...`);
    locators[locatorNames[name]] = isRemote ? place : await upload(service, resolve(folder, place));
  }
  return locators;
};

const namesIn = (places: DataRequest['places']): readonly WrittenName[] => {
  const names = Object.keys(locatorNames).filter(isWrittenName);
  const given = names.filter((name) => places[name] !== undefined);
  if (given.length > 0) return given;
  throw usageError(`name at least one partition: ${names.slice(0, 4).join(', ')}`);
};

const isWrittenName = (name: string): name is WrittenName => name in locatorNames;

const ready = (dataHandle: DataHandleResource, reason?: string): DataHandleResource => {
  if (dataHandle.status === 'ready') return dataHandle;
  const { error = reason ?? 'it was cancelled', errorType } = dataHandle;
  const named = errorType === undefined ? '' : ` (${errorType})`;
  throw new CliError('unsuccessful', `the data handle is not ready${named}: ${error}`);
};

/** `dh-… ready: 50,000 train rows, 10,000 validation rows`. */
export const dataHandleLine = ({ dataHandleId, status, rows }: DataHandleResource): string => {
  const counts = Object.entries(rows ?? {}).map(([name, count]) => counted(count, `${name} row`));
  return [`Data handle ${dataHandleId} ${status}`, counts.join(', ')].filter(Boolean).join(': ');
};
