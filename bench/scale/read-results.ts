import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoResultStore } from '../../adapters/dynamo-result-store.ts';
import { DynamoTable } from '../../adapters/dynamo-table.ts';
import { inParallel } from '../../adapters/in-parallel.ts';
import { exportResults } from '../../contract/export-routes.ts';
import { listResults } from '../../contract/operation-routes.ts';
import type { RunningStack } from '../../local/stack.ts';
import type { Trial, User } from '../embedded-stack.ts';
import { progress } from '../progress.ts';
import { median } from '../statistics.ts';

export interface Reads {
  readonly firstPageMs: number;
  readonly parquetSeconds: number;
  readonly rows: number;
  readonly bytes: number;
}

interface Reader {
  readonly stack: RunningStack;
  readonly user: User;
  readonly trial: Trial;
  /** The runs that have one epoch so far. */
  readonly firstRunId: number;
}

const epochs = 10;
const pages = 5;

/** Gives each run ten epochs and reads them, page by page and as a file. */
export const readResults = async (reader: Reader, runs: number): Promise<Reads> => {
  await addEpochs(reader, runs);
  const { user, trial } = reader;
  const page = median(
    await inTurn(pages, () => milliseconds(() => user.call(listResults, { params: trial.params }))),
  );
  const begun = performance.now();
  const body = { format: 'parquet' } as const;
  const exported = await user.call(exportResults, { params: trial.params, body });
  const file = await (await fetch(exported.body.url)).arrayBuffer();
  const parquetSeconds = (performance.now() - begun) / 1000;
  progress(`  first page ${page.toFixed(0)} ms, Parquet ${parquetSeconds.toFixed(1)} s`);
  return { firstPageMs: page, parquetSeconds, rows: exported.body.rows, bytes: file.byteLength };
};

/** What engines would have told over hours. */
const addEpochs = async ({ stack, trial, firstRunId }: Reader, runs: number): Promise<void> => {
  const store = new DynamoResultStore(new DynamoTable(new DynamoDBClient(stack.aws), stack.table));
  const runIds = Array.from({ length: runs }, (_, i) => firstRunId + i);
  await inParallel(runIds, 4, async (runId) => {
    const later = Array.from({ length: epochs - 1 }, (_, i) => i + 2);
    const results = later.map((epoch) => ({
      ...{ runId, epoch, trainLoss: 1 / epoch },
      metrics: { val_loss: 1 / epoch, val_accuracy: 1 - 1 / epoch },
    }));
    await store.putMany(trial.params, results);
  });
};

const inTurn = async <T>(times: number, act: () => Promise<T>): Promise<readonly T[]> => {
  const all: T[] = [];
  for (let i = 0; i < times; i++) all.push(await act());
  return all;
};

const milliseconds = async (act: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
};
