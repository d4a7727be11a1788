import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { adminToken } from './admin-token.ts';
import { type AwsSettings, awsSettings, reachable, region } from './aws.ts';
import { type Deployment, deploy } from './deploy.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { ended, isRunning, type ProcessIdentity, signal } from './process-identity.ts';
import { readStackFile, type StackFile, writeStackFile } from './stack-file.ts';
import { type CdkContext, synthesize } from './synth.ts';

export interface StackOptions {
  /** Where all state lies. A stack started again over it goes on where it was. */
  readonly folder: string;
  /** Batch jobs that run at once. */
  readonly slots?: number | undefined;
  /** The workspaces' default limit; by default the slots. */
  readonly maxWorkers?: number | undefined;
  /** Further CDK context. */
  readonly context?: CdkContext | undefined;
  /** A synthesized assembly to deploy instead of this checkout's. */
  readonly assembly?: string | undefined;
  readonly stopGraceSeconds?: number | undefined;
  /** Whether it goes on when this process has ended; by default it ends with it, however it ends. */
  readonly outlivesUs?: boolean | undefined;
}

/** A running stack: the deployed service on its embedded AWS. */
export interface RunningStack {
  readonly folder: string;
  /** Of the HTTP API. */
  readonly url: string;
  readonly token: string;
  readonly workspace: string;
  /** Of every AWS service. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly table: string;
  /** Settings for an SDK client that may do everything. */
  readonly aws: AwsSettings;
  /** Ends it; its state stays in the folder. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

const stopLimitMilliseconds = 15_000;
const mostDefaultSlots = 4;
const workspace = 'default';

/** Starts a stack, or takes over the one that runs over the folder; deploys what has changed. */
export const startStack = async (options: StackOptions): Promise<RunningStack> => {
  const folder = resolve(options.folder);
  const before = readStackFile(folder);
  const slots = options.slots ?? before?.slots ?? defaultSlots();
  // What runs on this machine costs nothing that is known.
  const context = { maxWorkers: options.maxWorkers ?? slots, gpuHourUsd: 0, ...options.context };
  // First, so that nothing is running yet when the templates cannot be made.
  const assembly = options.assembly ?? (await synthesize(context));
  const emulator =
    running(before) ??
    (await startEmulator({ ...withoutWishes(options), folder, slots, port: before?.port }));
  try {
    const deployment = await deploy(assembly, emulator.endpoint, before?.deployed ?? {});
    const file = await describe(emulator, deployment, { slots, tokenBefore: before?.token });
    writeStackFile(folder, file);
    return handle(folder, file, emulator.process);
  } catch (error) {
    if (running(before) === undefined) await end(emulator.process);
    throw error;
  }
};

/** Stops the stack of a folder; says whether one was running. */
export const stopStack = async (folder: string): Promise<boolean> => {
  const file = readStackFile(folder);
  if (file?.process == null || !isRunning(file.process)) return false;
  await end(file.process);
  writeStackFile(folder, { ...file, process: null });
  return true;
};

const withoutWishes = ({ stopGraceSeconds, outlivesUs = false }: StackOptions) => ({
  stopGraceSeconds,
  outlivesUs,
});

const defaultSlots = (): number => Math.min(availableParallelism(), mostDefaultSlots);

const running = (file: StackFile | undefined): Emulator | undefined =>
  file?.process != null && isRunning(file.process)
    ? { process: file.process, port: file.port, endpoint: file.endpoint }
    : undefined;

const describe = async (
  { process, port, endpoint }: Emulator,
  { outputs, hashes }: Deployment,
  { slots, tokenBefore }: { readonly slots: number; readonly tokenBefore: string | undefined },
): Promise<StackFile> => {
  const output = (name: string): string => {
    const value = outputs[name];
    if (value === undefined) throw new Error(`no deployed stack has the output ${name}`);
    return value;
  };
  const [table, bucket] = [output('TableName'), output('BucketName')];
  const url = reachable(output('ApiUrl'), endpoint);
  await untilHealthy(url);
  const issueToken = output('IssueTokenFunction');
  const token = await adminToken(tokenBefore, { url, endpoint, issueToken });
  const deployed = { ...hashes };
  return { url, token, workspace, endpoint, region, port, bucket, table, slots, process, deployed };
};

const handle = (folder: string, file: StackFile, process: ProcessIdentity): RunningStack => ({
  folder,
  url: file.url,
  token: file.token,
  workspace,
  endpoint: file.endpoint,
  bucket: file.bucket,
  table: file.table,
  aws: awsSettings(file.endpoint),
  stop: async () => {
    await stopStack(folder);
  },
  kill: async () => {
    signal(process, 'SIGKILL');
    await ended(process, stopLimitMilliseconds);
  },
});

const end = async (process: ProcessIdentity): Promise<void> => {
  signal(process, 'SIGTERM');
  if (await ended(process, stopLimitMilliseconds)) return;
  signal(process, 'SIGKILL');
  await ended(process, stopLimitMilliseconds);
};

const healthLimitMilliseconds = 10_000;
const pauseMilliseconds = 100;

/**
 * The first call also starts the function that every client calls first. After a restart the emulator may
 * be asked before it has all of its functions back.
 */
const untilHealthy = async (url: string): Promise<void> => {
  const deadline = Date.now() + healthLimitMilliseconds;
  for (;;) {
    const answer = await fetch(`${url}/v1/health`);
    if (answer.ok) return;
    const said = await answer.text();
    if (Date.now() > deadline)
      throw new Error(`the service is not healthy (${answer.status}): ${said}`);
    await sleep(pauseMilliseconds);
  }
};
