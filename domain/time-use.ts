import { added } from './added.ts';

/** What became of a run's time, and the examples that it trained on meanwhile. */
export interface TimeUse {
  /** Those trained again after a fault count again. */
  readonly examples: number;
  /** Of the run's time, what went into chunks; of the rest, validation is what is not named here. */
  readonly trainingSeconds: number;
  /** Waiting for its data, loading its code, making its model, reading its checkpoint. */
  readonly loadingSeconds: number;
  /** Moving its state to the device and away from it, as far as training waited for that. */
  readonly swappingSeconds: number;
  /** Writing checkpoints; they are sent while training goes on. */
  readonly checkpointingSeconds: number;
}

/** Two stretches of time as one. */
export const addTimeUse = added<TimeUse>((one, other) => ({
  examples: one.examples + other.examples,
  trainingSeconds: one.trainingSeconds + other.trainingSeconds,
  loadingSeconds: one.loadingSeconds + other.loadingSeconds,
  swappingSeconds: one.swappingSeconds + other.swappingSeconds,
  checkpointingSeconds: one.checkpointingSeconds + other.checkpointingSeconds,
}));

/** Examples per second of training; not known before a chunk was trained. */
export const samplesPerSecond = (use: TimeUse | undefined): number | undefined =>
  use && use.trainingSeconds > 0 ? use.examples / use.trainingSeconds : undefined;
