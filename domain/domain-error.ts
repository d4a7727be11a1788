/** Every refusal a caller may meet, by its stable name. The HTTP status of each stands in `contract/problem.ts`. */
export const refusals = [
  'code-changed',
  'data-changed',
  'data-handle-not-found',
  'data-handle-not-ready',
  'data-too-large',
  'epoch-checkpoint-not-applicable',
  'epoch-checkpoints-disabled',
  'experiment-ended',
  'experiment-not-found',
  'forbidden',
  'idempotency-key-reused',
  'illegal-transition',
  'invalid-config',
  'invalid-data',
  'invalid-ml-spec',
  'invalid-model-tag',
  'invalid-request',
  'no-active-fit',
  'no-checkpoint',
  'no-predictions',
  'operation-in-progress',
  'operation-not-found',
  'partition-missing',
  'pathway-ambiguous',
  'run-not-found',
  'schedule-not-found',
  'settings-changed',
  'token-not-found',
  'too-many-requests',
  'unauthorized',
  'worker-fenced',
] as const;

export type Refusal = (typeof refusals)[number];

/** One offending place of a request body: a JSON pointer (RFC 6901) and what is wrong there. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
  /** Where in a text, both from 1. */
  readonly line?: number;
  readonly column?: number;
}

/** A rule said no. Carries the refusal's name, one sentence that says what to do, and the places at fault. */
export class DomainError extends Error {
  readonly refusal: Refusal;
  readonly faults: readonly Fault[];

  constructor(refusal: Refusal, detail: string, faults: readonly Fault[] = []) {
    super(detail);
    this.name = 'DomainError';
    this.refusal = refusal;
    this.faults = faults;
  }
}
