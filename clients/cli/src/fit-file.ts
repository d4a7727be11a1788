import { dirname, resolve } from 'node:path';
import * as z from 'zod/mini';
import type { ClientCall } from '../../../contract/client.ts';
import type { startFit } from '../../../contract/fit-routes.ts';
import { operationResource } from '../../../contract/resources.ts';
import { usageError } from './cli-error.ts';
import type { DataRequest, WrittenName } from './data-handles.ts';
import { locatorNames } from './data-handles.ts';
import { readYaml } from './yaml-file.ts';

/* The file that says a whole fit: code, data, configs and how to train them. */

const place = z.optional(z.string().check(z.minLength(1)));

const places = Object.fromEntries(Object.keys(locatorNames).map((name) => [name, place])) as Record<
  WrittenName,
  typeof place
>;

const data = z.union([
  z.string(),
  z.strictObject({
    ...places,
    download_columns: z.optional(z.array(z.string())),
    fraction: z.optional(z.number()),
    seed: z.optional(z.int()),
  }),
]);

const options = z.strictObject({
  num_chunks: z.optional(z.int()),
  executor: operationResource.shape.executor,
  max_workers: z.optional(z.int()),
  chunk_timeout_s: z.optional(z.number()),
  budget: z.optional(
    z.strictObject({ gpu_hours: z.optional(z.number()), usd: z.optional(z.number()) }),
  ),
});

const shape = z.strictObject({
  experiment: z.string(),
  spec: z.string(),
  epoch_checkpoints: z.optional(z.boolean()),
  data,
  config: z.unknown(),
  seed: z.optional(z.int()),
  options: z.optional(options),
});

type FitBody = NonNullable<ClientCall<typeof startFit>['body']>;

export interface FitFile {
  /** Relative paths in it are relative to this. */
  readonly folder: string;
  readonly experiment: string;
  readonly spec: string;
  readonly epochCheckpoints: boolean;
  /** A data handle by its ID, or one to be made. */
  readonly data: string | DataRequest;
  readonly request: Omit<FitBody, 'dataHandleId'>;
}

export const readFitFile = (file: string): FitFile => parseFitFile(readYaml(file), file);

/** Whether the fit can be done is the service's to judge; here is only what the file itself must be. */
export const parseFitFile = (content: unknown, file: string): FitFile => {
  const { success, data: told, error } = shape.safeParse(content);
  if (!success) throw usageError(faultsOf(file, error.issues));
  if (told.config === undefined) throw usageError(`${file} is not a fit:\n  /config: is missing`);
  const folder = dirname(file);
  return {
    folder,
    experiment: told.experiment,
    spec: resolve(folder, told.spec),
    epochCheckpoints: told.epoch_checkpoints ?? false,
    data: dataOf(told.data),
    request: requestOf(told),
  };
};

const faultsOf = (file: string, issues: readonly z.core.$ZodIssue[]): string => {
  const lines = issues.map((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? `: ${issue.keys.join(', ')}` : '';
    return `  /${issue.path.map(String).join('/')}: ${wordOf(issue)}${keys}`;
  });
  return [`${file} is not a fit:`, ...lines].join('\n');
};

const wordOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'unrecognized_keys') return 'unknown';
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}`;
  return issue.message;
};

const dataOf = (told: z.infer<typeof data>): FitFile['data'] => {
  if (typeof told === 'string') return told;
  const { download_columns: downloadColumns, fraction, seed, ...given } = told;
  return { places: given, downloadColumns, fraction, seed };
};

const requestOf = ({
  config,
  seed,
  options: how = {},
}: z.infer<typeof shape>): FitFile['request'] => {
  const { num_chunks: numChunks, chunk_timeout_s: chunkTimeoutSeconds, executor, budget } = how;
  return {
    mlConfig: config,
    ...defined({ seed, numChunks, chunkTimeoutSeconds, executor, maxWorkers: how.max_workers }),
    ...(budget && { budget: defined({ gpuHours: budget.gpu_hours, usd: budget.usd }) }),
  };
};

const defined = <T extends object>(members: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
