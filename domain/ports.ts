import type { ApiToken } from './api-token.ts';
import type { AuditEntry } from './audit.ts';
import type { Caller } from './caller.ts';
import type { DataHandle, DataHandleKey } from './data-handle.ts';
import type { Experiment, ExperimentKey } from './experiment.ts';
import type { Instant } from './instant.ts';
import type { Operation, OperationKey, OperationKind, Progress } from './operation.ts';
import type { EpochCheckpoint, EpochResult, Run, RunKey } from './run.ts';
import type { Secrets } from './secrets.ts';

/*
 * What the use cases need from the world. Every read is strongly consistent unless it says otherwise.
 * A write that names what it expects returns `false` (or a word for what stood in its way) when another
 * caller came first, and has then changed nothing.
 */

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; there while more may follow. */
  readonly nextCursor?: string | undefined;
}

export interface PageRequest {
  readonly limit: number;
  /** Bytes that the items may take together in a function's answer; one item is given at least. */
  readonly maxBytes?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface ExperimentStore {
  find(key: ExperimentKey): Promise<Experiment | undefined>;
  findAlive(workspace: string): Promise<Experiment | undefined>;
  /** By name. */
  list(
    workspace: string,
    page: PageRequest & { readonly status?: Experiment['status'] | undefined },
  ): Promise<Page<Experiment>>;
  /**
   * Makes `created` the workspace's alive experiment and, in the same transaction, ends `superseded`.
   * `name-taken`: an experiment of that name exists. `alive-changed`: another experiment than
   * `superseded` is alive now.
   */
  create(
    created: Experiment,
    superseded: Experiment | undefined,
  ): Promise<'created' | 'name-taken' | 'alive-changed'>;
  /** Ends an alive experiment with no active operation; false when it is not so any more. */
  end(key: ExperimentKey, at: Instant): Promise<boolean>;
}

/** How an operation is told again from a repeated call. */
export interface IdempotencyMark {
  readonly key: string;
  /** SHA-256 of what was asked, so that a key reused for something else is noticed. */
  readonly requestSha256: string;
}

export interface OperationStore {
  find(key: OperationKey): Promise<Operation | undefined>;
  list(key: ExperimentKey, page: PageRequest): Promise<Page<Operation>>;
  /** The operation an idempotency key made in this experiment, with the request it was made for. */
  findByIdempotencyKey(
    key: ExperimentKey,
    idempotencyKey: string,
  ): Promise<{ readonly operation: Operation; readonly requestSha256: string } | undefined>;
  /**
   * Starts `operation` in `experiment` (as read by the caller): takes its number and its run IDs and the
   * experiment's one active place in a transaction, with its data handle when it downloads one. False
   * when the experiment changed since it was read, or the mark's key exists already.
   */
  start(
    experiment: Experiment,
    operation: Operation,
    extras: {
      readonly mark?: IdempotencyMark | undefined;
      readonly dataHandle?: DataHandle | undefined;
    },
  ): Promise<boolean>;
  /** Replaces an operation whose status is still `expected`, and that nothing was added to meanwhile. */
  replace(operation: Operation, expected: Operation['status']): Promise<boolean>;
  /** Notes how far an operation is, unless it is over. */
  setProgress(key: OperationKey, progress: Progress): Promise<void>;
  /** Notes that somebody looks at an operation, unless it is over. */
  setWatched(key: OperationKey, at: Instant): Promise<void>;
  /**
   * Gives an operation whose status is still `expected`, and that nothing was added to, its last one, and frees the experiment's active
   * place; with `endExperiment` the experiment, if it is still alive, ends in the same transaction. True
   * also when that was done before.
   */
  finish(
    operation: Operation,
    expected: Operation['status'],
    options?: { readonly endExperiment?: boolean | undefined },
  ): Promise<boolean>;
  /** Operations that are not over, in every workspace (eventually consistent). */
  listActive(page: PageRequest): Promise<Page<Operation>>;
}

export interface RunStore {
  find(key: RunKey): Promise<Run | undefined>;
  /** Those of the ids that exist, in the order asked; any number of ids. */
  findMany(key: ExperimentKey, runIds: readonly number[]): Promise<readonly Run[]>;
  /** By run ID, from `firstRunId` to `lastRunId` at most. */
  list(
    key: ExperimentKey,
    page: PageRequest & { readonly firstRunId: number; readonly lastRunId: number },
  ): Promise<Page<Run>>;
  /** The IDs of the deleted runs from `firstRunId` to `lastRunId`. */
  listDeleted(
    key: ExperimentKey,
    range: { readonly firstRunId: number; readonly lastRunId: number },
  ): Promise<readonly number[]>;
  /** Writes new runs; those that exist already stay as they are. */
  createMany(runs: readonly Run[]): Promise<void>;
  /** Replaces a run whose status is still `expected`. */
  replace(run: Run, expected: Run['status']): Promise<boolean>;
  /** Notes where the run is shown, whatever else becomes of it meanwhile. */
  noteMlflowRun(key: RunKey, mlflowRunId: string): Promise<void>;
  /** Makes the run one that changed just now, without changing it. */
  touch(key: RunKey, now: Instant): Promise<void>;
}

export interface ResultStore {
  /** Puts rows, replacing those of the same run and epoch. */
  putMany(key: ExperimentKey, results: readonly EpochResult[]): Promise<void>;
  /** By run ID and epoch, of the runs `firstRunId` to `lastRunId`. */
  list(
    key: ExperimentKey,
    page: PageRequest & { readonly firstRunId: number; readonly lastRunId: number },
  ): Promise<Page<EpochResult>>;
  /** All of a run after an epoch, in order. */
  listAfter(key: RunKey, epoch: number): Promise<readonly EpochResult[]>;
}

export interface EpochCheckpointStore {
  /** Puts checkpoints, replacing those of the same run and epoch. */
  putMany(key: ExperimentKey, checkpoints: readonly EpochCheckpoint[]): Promise<void>;
  find(key: RunKey & { readonly epoch: number }): Promise<EpochCheckpoint | undefined>;
  /** All of a run, by epoch. */
  list(key: RunKey): Promise<readonly EpochCheckpoint[]>;
}

export interface DataHandleStore {
  find(key: DataHandleKey): Promise<DataHandle | undefined>;
  replace(dataHandle: DataHandle): Promise<void>;
}

export interface TokenStore {
  create(token: ApiToken): Promise<void>;
  find(id: string): Promise<ApiToken | undefined>;
  /** Once: a token that was revoked before keeps that moment. */
  revoke(id: string, at: Instant): Promise<void>;
  /** By ID. */
  list(page: PageRequest): Promise<Page<ApiToken>>;
}

/** Tokens that are not ours but of the deployment's identity provider. */
export interface IdentityProvider {
  /** `undefined` when the token is not one that it gave for us, or tells no role or workspace. */
  verify(token: string): Promise<Caller | undefined>;
}

/** How many calls a caller may still make. */
export interface CallQuota {
  /** Counts one; false when the caller had all of this minute's. */
  take(caller: Pick<Caller, 'id' | 'callsPerMinute'>, now: Instant): Promise<boolean>;
}

/** Entries of a workspace (or `*`) between two moments, both included. */
export interface AuditRange {
  readonly workspace: string;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
}

export interface AuditLog {
  add(entry: AuditEntry): Promise<void>;
  /** In the order of their moments. */
  list(range: AuditRange, page: PageRequest): Promise<Page<AuditEntry>>;
}

export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
}

/** The workspace's bucket. Keys are whole, without a leading slash. */
export interface ArtifactStore {
  readonly bucket: string;
  putText(key: string, text: string): Promise<void>;
  /** `undefined` when there is no such object. */
  getText(key: string): Promise<string | undefined>;
  /** The lines of a text while it is read, without their ends. Fails when there is no such object. */
  lines(key: string): Promise<AsyncIterable<string>>;
  exists(key: string): Promise<boolean>;
  /** Keys under a prefix in lexicographic order, those after `after` only. */
  list(
    prefix: string,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<readonly StoredObject[]>;
}

/** Where the values of secrets lie, apart from the configs that name them. */
export interface SecretKeeper {
  /** Keeps a set of secrets; none is kept of an empty one. */
  keep(key: ExperimentKey, set: string, secrets: Secrets): Promise<void>;
}

/** Buckets of the user's, to which an experiment's artifacts are saved. */
export interface SavedArtifacts {
  /** Copies an object to a bucket of the user's and checks that size and checksum arrived. */
  copyOut(key: string, target: { readonly bucket: string; readonly key: string }): Promise<void>;
  /** Writes a text to a bucket of the user's and checks that it arrived. */
  putTextOut(
    target: { readonly bucket: string; readonly key: string },
    text: string,
  ): Promise<void>;
}

/** Files made for one caller, which are gone after a day. */
export interface Exports {
  /** Keeps a file and gives a URL that anyone may read it at for a few minutes. */
  publish(file: ExportedFile): Promise<{ readonly url: string; readonly expiresAt: Instant }>;
}

export interface ExportedFile {
  readonly key: string;
  /** What a browser calls it. */
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface Uploads {
  /** A URL that takes one PUT of any content for a few minutes. */
  uploadUrl(key: string): Promise<string>;
}

export interface Downloads {
  /** A URL that gives an object under a file name to whoever has it, for a few minutes. */
  downloadUrl(
    key: string,
    fileName: string,
  ): Promise<{ readonly url: string; readonly expiresAt: Instant }>;
}

/** What an execution of a state machine is asked to do. */
export interface ExecutionRequest extends OperationKey {
  readonly kind: OperationKind;
  /** The worker that was added to the operation, when it is for that one alone. */
  readonly worker?: number | undefined;
  /** Counts the executions started for this operation or worker, from 1; the same number starts only one. */
  readonly execution: number;
  /** The experiment's random id, which prefixes the execution's name. */
  readonly experimentId: string;
}

export interface Workflows {
  /** Starts an execution; does nothing when the one of that number was started before. */
  start(request: ExecutionRequest): Promise<void>;
  /** `missing`: it was never started, or so long ago that it is forgotten. */
  status(request: ExecutionRequest): Promise<'missing' | 'running' | 'over'>;
}

/** One thing wrong in a source file; line and column from 1. */
export interface SourceFault {
  readonly detail: string;
  readonly line: number;
  readonly column: number;
}

export interface MlSpecChecker {
  /** What the engine would stumble over in an MLSpec file; reads it without running it. */
  check(source: string): Promise<readonly SourceFault[]>;
}

export interface JobQueue {
  /** Terminates every job whose name starts with the prefix and that is not over. Returns how many. */
  terminateByPrefix(namePrefix: string, reason: string): Promise<number>;
}

export interface StorageCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Instant;
}

/** What a worker may touch: everything under one prefix of the bucket, and reading the places that its operation names. */
export interface StorageScope {
  readonly sessionName: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly readableUris: readonly string[];
}

/** Refuses a scope that is too large for the credentials of one worker. */
export type CheckScope = (scope: StorageScope) => void;

export interface CredentialIssuer {
  issue(scope: StorageScope): Promise<StorageCredentials>;
}

/** Unguessable names and tokens. */
export interface Entropy {
  /** Lower-case letters and digits. */
  id(length: number): string;
  /** 256 bits, base64url. */
  secret(): string;
}
