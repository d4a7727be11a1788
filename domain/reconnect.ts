import { DomainError } from './domain-error.ts';
import type { Experiment } from './experiment.ts';

/** Whether a caller who says `name` means this alive experiment: by its name, or by the one it was asked for. */
export const isSameExperiment = (alive: Experiment, name: string): boolean =>
  alive.experiment === name || alive.requestedName === name;

/** An alive experiment keeps its code and its settings; to change them it is ended and made anew. */
export const checkReconnect = (
  alive: Experiment,
  wanted: Pick<Experiment, 'mlSpec' | 'epochCheckpoints'>,
): void => {
  const { experiment, mlSpec, epochCheckpoints } = alive;
  if (mlSpec.sha256 !== wanted.mlSpec.sha256) {
    throw new DomainError(
      'code-changed',
      `experiment ${experiment} is alive with other MLSpec code (SHA-256 ${mlSpec.sha256}, yours is ${wanted.mlSpec.sha256}); end() it, then create it again`,
      [{ pointer: '/mlSpec/source', detail: 'differs from the alive experiment’s code' }],
    );
  }
  if (epochCheckpoints !== wanted.epochCheckpoints) {
    throw new DomainError(
      'settings-changed',
      `experiment ${experiment} is alive with epoch_checkpoints=${epochCheckpoints}, you ask for ${wanted.epochCheckpoints}; end() it, then create it again`,
      [{ pointer: '/epochCheckpoints', detail: `is ${epochCheckpoints} for the alive experiment` }],
    );
  }
};
