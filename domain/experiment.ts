import type { Instant } from './instant.ts';

export const experimentStatuses = ['alive', 'ended'] as const;
export type ExperimentStatus = (typeof experimentStatuses)[number];

export const experimentEndings = ['ended', 'superseded'] as const;
export type ExperimentEnding = (typeof experimentEndings)[number];

/** Names an experiment everywhere: its workspace and its unique name there. */
export interface ExperimentKey {
  readonly workspace: string;
  readonly experiment: string;
}

/** The MLSpec file an experiment is tied to; its source lies under `code/` in the experiment's prefix. */
export interface MlSpec {
  readonly fileName: string;
  readonly sha256: string;
}

/** A named container of operations and runs, tied to one MLSpec source. */
export interface Experiment extends ExperimentKey {
  /** Random, 12 lower-case letters and digits; prefixes the names of its AWS Batch jobs and executions. */
  readonly id: string;
  /** The name as the caller asked for it, before any suffix. */
  readonly requestedName: string;
  readonly status: ExperimentStatus;
  readonly endedBy?: ExperimentEnding | undefined;
  readonly mlSpec: MlSpec;
  readonly epochCheckpoints: boolean;
  readonly createdAt: Instant;
  readonly endedAt?: Instant | undefined;
  /** The number of the one active operation, when there is one. */
  readonly activeOperation?: number | undefined;
  readonly lastOperation: number;
  readonly lastRunId: number;
  /** The occurrence of a schedule that it was made for. */
  readonly occurrence?: { readonly schedule: string; readonly at: Instant } | undefined;
}
