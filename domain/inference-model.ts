import type { LeafConfig } from './config.ts';
import { DomainError } from './domain-error.ts';
import type { Experiment } from './experiment.ts';
import type { CheckpointChoice, Model } from './inference.ts';
import { readInferenceConfig } from './inference-config.ts';
import type { Checkpoint, Run } from './run.ts';
import { parseS3Uri } from './s3-uri.ts';

/* Which model a test or a prediction uses: that of a run, or that of a file with a config (contract §6). */

/** What a caller said of the model. */
export interface AskedModel {
  readonly runId?: number | undefined;
  readonly modelTag?: string | undefined;
  readonly config?: unknown;
  readonly epochCheckpoint?: number | undefined;
}

export type Pathway =
  | {
      readonly kind: 'run';
      readonly runId: number;
      readonly epochCheckpoint?: number | undefined;
    }
  | { readonly kind: 'tag'; readonly uri: string; readonly config: LeafConfig };

/** Tells the two pathways apart and refuses what is neither, or no use on its own. */
export const readPathway = (asked: AskedModel): Pathway => {
  const { runId, modelTag, config, epochCheckpoint } = asked;
  if (runId !== undefined && modelTag === undefined && config === undefined) {
    return { kind: 'run', runId, epochCheckpoint };
  }
  if (runId !== undefined || modelTag === undefined || config === undefined) {
    throw ambiguous(asked);
  }
  if (epochCheckpoint !== undefined) {
    throw new DomainError(
      'epoch-checkpoint-not-applicable',
      'epoch_checkpoint chooses among a run’s checkpoints, and model_tag names one already; leave one of them out',
      [{ pointer: '/epochCheckpoint', detail: 'does not go with modelTag' }],
    );
  }
  checkTag(modelTag);
  return { kind: 'tag', uri: modelTag, config: readInferenceConfig(config) };
};

const ambiguous = (asked: AskedModel): DomainError => {
  const has = (['runId', 'modelTag', 'config'] as const).filter(
    (name) => asked[name] !== undefined,
  );
  const given = has.length === 0 ? 'none of them is given' : `given: ${has.join(', ')}`;
  return new DomainError(
    'pathway-ambiguous',
    `name either run_id, whose own config is used, or model_tag together with config (${given})`,
    has.map((name) => ({ pointer: `/${name}`, detail: 'leaves open which model is meant' })),
  );
};

/** S3 has no longer keys. */
const maxKeyBytes = 1_024;

const checkTag = (modelTag: string): void => {
  const key = parseS3Uri(modelTag)?.key ?? '';
  if (key !== '' && !key.endsWith('/') && Buffer.byteLength(key) <= maxKeyBytes) return;
  throw new DomainError(
    'invalid-model-tag',
    'model_tag must name one file as s3://bucket/key, for example s3://bucket/model.safetensors',
    [{ pointer: '/modelTag', detail: 'names no file in S3' }],
  );
};

/** A checkpoint and why it was taken. */
export interface CheckpointOfRun extends Checkpoint {
  readonly choice: CheckpointChoice;
}

/** The checkpoint a run is used with: its newest, which is the final one when it completed. */
export const newestCheckpoint = (run: Run): CheckpointOfRun => {
  const { checkpoint, status, runId } = run;
  if (checkpoint) return { ...checkpoint, choice: status === 'completed' ? 'final' : 'newest' };
  throw new DomainError(
    'no-checkpoint',
    `run ${runId} is ${status} and left no checkpoint; take a run that got further`,
    [{ pointer: '/runId', detail: 'has no checkpoint' }],
  );
};

/** Refuses a run that is gone. */
export const checkNotDeleted = ({ runId, status }: Run): void => {
  if (status !== 'deleted') return;
  throw new DomainError('run-not-found', `run ${runId} was deleted; take another one`, [
    { pointer: '/runId', detail: 'was deleted' },
  ]);
};

/** Refuses an epoch's checkpoint where none are kept. */
export const checkEpochCheckpoints = ({ experiment, epochCheckpoints }: Experiment): void => {
  if (epochCheckpoints) return;
  throw new DomainError(
    'epoch-checkpoints-disabled',
    `experiment ${experiment} was made with epoch_checkpoints=False and keeps none; leave out epoch_checkpoint to use the run’s final one`,
    [{ pointer: '/epochCheckpoint', detail: 'needs epoch_checkpoints=True' }],
  );
};

export const noSuchEpoch = (runId: number, epoch: number, kept: readonly number[]): DomainError => {
  const there = kept.length === 0 ? 'it has none' : `those there are: ${ranges(kept)}`;
  return new DomainError(
    'no-checkpoint',
    `run ${runId} has no checkpoint of epoch ${epoch}; ${there}`,
    [{ pointer: '/epochCheckpoint', detail: `is none of ${ranges(kept) || 'no epochs'}` }],
  );
};

/** Ascending numbers as `1–4, 6`. */
const ranges = (numbers: readonly number[]): string => {
  const found: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last.to + 1 === number) last.to = number;
    else found.push({ from: number, to: number });
  }
  return found.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
};

/** How a prediction's file is called: after its run, and the epoch if one was asked for, or after the tag. */
export const predictionsFileName = (model: Model): string => {
  if (model.kind === 'tag') return `predictions_${checkpointName(model.uri)}.csv`;
  const epoch = model.choice === 'epoch' ? `_epoch${model.epoch}` : '';
  return `predictions_run${model.runId}${epoch}.csv`;
};

const maxNameLength = 200;

/** The file's name without its extension, in characters that every file system takes. */
const checkpointName = (uri: string): string =>
  uri
    .slice(uri.lastIndexOf('/') + 1)
    .replace(/(?<=.)\.[^.]*$/, '')
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, maxNameLength);
