import { parseArgs } from 'node:util';
import { type MlflowServer, startMlflow, stopMlflow } from './mlflow-server.ts';
import { defaultFolder, mlflowFolder } from './places.ts';
import { startStack } from './stack.ts';

/* `npm run up`: start the embedded stack, or find it running, and say how to reach it. */

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: defaultFolder },
    slots: { type: 'string' },
    'max-workers': { type: 'string' },
    'gpus-per-worker': { type: 'string' },
    mlflow: { type: 'boolean', default: false },
  },
});

const count = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} must be a positive whole number`);
  return Number(text);
};

/** Processes stand for the GPUs; the host that AWS would take is only named. */
const largeWorkers = (gpusPerWorker: number | undefined) =>
  gpusPerWorker === undefined ? {} : { gpusPerWorker, instanceTypes: 'g5.12xlarge' };

const giveUp = (error: unknown): never => {
  process.stderr.write(
    `Fanfold did not start: ${error instanceof Error ? error.message : error}\n`,
  );
  process.exit(1);
};

/** With `--mlflow` a server that shows all runs; without, none. */
const mlflowServer = async (): Promise<MlflowServer | undefined> => {
  const folder = mlflowFolder(values.folder);
  if (values.mlflow) return startMlflow({ folder, outlivesUs: true });
  await stopMlflow(folder);
  return undefined;
};

const startedAt = performance.now();
const mlflow = await mlflowServer().catch(giveUp);
const stack = await startStack({
  folder: values.folder,
  slots: count('slots', values.slots),
  maxWorkers: count('max-workers', values['max-workers']),
  context: {
    ...largeWorkers(count('gpus-per-worker', values['gpus-per-worker'])),
    ...(mlflow && { mlflowTrackingUri: mlflow.url }),
  },
  outlivesUs: true,
}).catch(giveUp);
await mlflow?.isUp().catch(giveUp);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);

process.stdout.write(`Fanfold is up after ${seconds} s: ${stack.url}

  export FANFOLD_URL='${stack.url}'
  export FANFOLD_TOKEN='${stack.token}'
  curl -H "Authorization: Bearer $FANFOLD_TOKEN" "$FANFOLD_URL/v1/workspaces/${stack.workspace}/experiments"

${mlflow ? `MLflow shows the runs: ${mlflow.url}\n` : ''}Clients in this folder find it by themselves (${stack.folder}/stack.json). \`npm run down\` stops it.
`);
