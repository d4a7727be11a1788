import { env } from 'node:process';
import { client } from '../../contract/client.ts';
import { syncWorker } from '../../contract/service-routes.ts';
import type { SyncAnswer, SyncRequest } from '../../contract/worker-protocol.ts';

/*
 * An engine that speaks the worker protocol and trains nothing: each run it is dealt it tells to be
 * completed, with a result of one epoch; each download to be ready. A run whose config asks for `syncs`
 * makes that many of progress first.
 */

type Report = SyncRequest['runs'][number];
type News = Partial<Pick<SyncRequest, 'runs' | 'download' | 'needsCredentials'>>;

const setting = (name: string): string => {
  const value = env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

const url = setting('FANFOLD_URL');
const jobId = setting('AWS_BATCH_JOB_ID');
const attempt = Number(env['AWS_BATCH_JOB_ATTEMPT'] ?? 1);
const runsAtOnce = 50;

let token = setting('FANFOLD_WORKER_TOKEN');
let sequence = 0;

const sync = async ({
  runs = [],
  download,
  needsCredentials = false,
}: News): Promise<SyncAnswer> => {
  sequence += 1;
  const told = { jobId, attempt, sequence, needsCredentials, room: runsAtOnce, logs: [] };
  const { call } = client({ url, token });
  const { body } = await call(syncWorker, { body: { ...told, runs, download } });
  token = body.token ?? token;
  return body;
};

const completed = (runId: number): Report => ({
  runId,
  status: 'completed',
  completedEpochs: 1,
  epochs: [{ epoch: 1, trainLoss: 0.5, metrics: [{ name: 'val_loss', value: 1 / runId }] }],
  runtimeSeconds: 1,
  checkpoint: { prefix: `runs/${runId}/checkpoints/epoch-0001-1/`, epoch: 1, chunk: 0 },
});

const inTraining = (runId: number, chunk: number): Report => ({
  runId,
  status: 'ongoing',
  completedEpochs: 0,
  progress: { epoch: 1, chunk, chunks: 1000 },
  epochs: [],
  runtimeSeconds: 1,
});

const syncsAskedFor = ({ config }: SyncAnswer['train'][number]): number => {
  const knobs: unknown = config['user_knobs'];
  const asked = typeof knobs === 'object' && knobs !== null && 'syncs' in knobs ? knobs.syncs : 0;
  return Number(asked);
};

let answer = await sync({ needsCredentials: true });
if (answer.assignment?.kind === 'download') {
  const rows = { train: 1000, validation: 200 };
  await sync({ download: { status: 'ready', rows, manifestSha256: '0'.repeat(64) } });
} else {
  while (!answer.exit && (answer.train.length > 0 || answer.more)) {
    const { train } = answer;
    const syncs = Math.max(0, ...train.map(syncsAskedFor));
    for (let chunk = 1; chunk <= syncs; chunk++)
      await sync({ runs: train.map(({ runId }) => inTraining(runId, chunk)) });
    answer = await sync({ runs: train.map(({ runId }) => completed(runId)) });
  }
}
