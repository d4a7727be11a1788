import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { client } from '../contract/client.ts';
import { createDataHandle, createExperiment } from '../contract/experiment-routes.ts';
import { startedFit, startFit } from '../contract/fit-routes.ts';
import { getOperation } from '../contract/operation-routes.ts';
import type { OperationResource } from '../contract/resources.ts';
import { createUpload } from '../contract/service-routes.ts';
import type { Executor } from '../domain/operation.ts';
import type { RunningStack, StackOptions } from '../local/stack.ts';
import { startStack } from '../local/stack.ts';
import { ending } from './endings.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/** Often enough to be seldom late, seldom enough to leave the cores to the training. */
const pollMilliseconds = 250;

/** Gives an embedded stack, and stops it afterwards, also when cut short while it starts. */
export const withStack = async <T>(
  options: StackOptions,
  use: (stack: RunningStack) => Promise<T>,
): Promise<T> => {
  const starting = startStack(options);
  return ending(
    async () => (await starting.catch(() => undefined))?.stop(),
    async () => use(await starting),
  );
};

/** The same in a folder of its own. */
export const onFreshStack = async <T>(
  options: Omit<StackOptions, 'folder'>,
  use: (stack: RunningStack) => Promise<T>,
): Promise<T> => inTemporaryFolder((folder) => withStack({ ...options, folder }, use));

export interface Trial {
  readonly params: { readonly workspace: string; readonly experiment: string };
  readonly dataHandleId: string;
}

export interface FitOptions {
  readonly executor?: Executor;
}

export interface Material {
  readonly name: string;
  readonly source: string;
  /** By partition: Parquet files. */
  readonly data: Readonly<Record<'train' | 'validation', Uint8Array<ArrayBuffer>>>;
}

export type User = ReturnType<typeof userOf>;

export type Caller = ReturnType<typeof client>['call'];

/** What the measurements ask of the service, over plain HTTP. */
export const userOf = (stack: RunningStack, call: Caller = client(stack).call) => {
  const { workspace } = stack;

  const upload = async (content: Uint8Array<ArrayBuffer>): Promise<string> => {
    const path = `${createHash('sha256').update(content).digest('hex')}.parquet`;
    const { body } = await call(createUpload, { params: { workspace }, body: { path } });
    if (!body.exists) await fetch(body.uploadUrl, { method: 'PUT', body: content });
    return body.uri;
  };

  const ended = async (
    { params }: Pick<Trial, 'params'>,
    operation: number,
  ): Promise<OperationResource> => {
    for (;;) {
      const which = { ...params, operation: String(operation) };
      const { body } = await call(getOperation, { params: which });
      if (body.status === 'failed') throw new Error(`operation ${operation} failed: ${body.error}`);
      if (body.status === 'completed' || body.status === 'cancelled') return body;
      await sleep(pollMilliseconds);
    }
  };

  /** An experiment whose data is downloaded. */
  const prepare = async ({ name, source, data }: Material): Promise<Trial> => {
    const mlSpec = { fileName: `${name}.py`, source };
    await call(createExperiment, { params: { workspace }, body: { name, mlSpec } });
    const params = { workspace, experiment: name };
    const locators = {
      train: await upload(data.train),
      validation: await upload(data.validation),
    };
    const { body } = await call(createDataHandle, { params, body: { locators } });
    const { dataHandleId } = body.dataHandle;
    await ended({ params }, body.operation?.operation ?? 0);
    return { params, dataHandleId };
  };

  const start = async (
    { params, dataHandleId }: Trial,
    mlConfig: unknown,
    more: FitOptions = {},
  ): Promise<OperationResource> =>
    startedFit(await call(startFit, { params, body: { dataHandleId, mlConfig, ...more } }));

  return { call, ended, prepare, start };
};
