import type { DomainError, Fault, Refusal } from '../domain/domain-error.ts';
import { refusals } from '../domain/domain-error.ts';
import type { Problem } from './problem-document.ts';

/** What an HTTP caller may be told beyond the domain's refusals. */
export const problemTypes = [...refusals, 'not-found', 'too-large', 'internal-error'] as const;
export type ProblemType = (typeof problemTypes)[number];

interface ProblemText {
  readonly status: number;
  readonly title: string;
}

/** One row per problem type: the HTTP status and the title that never changes. */
export const problemTexts: Record<ProblemType, ProblemText> = {
  'code-changed': { status: 409, title: 'The MLSpec code differs from the alive experiment’s' },
  'data-changed': { status: 409, title: 'The data changed since they were downloaded' },
  'data-handle-not-found': { status: 404, title: 'No such data handle' },
  'data-handle-not-ready': { status: 409, title: 'The data handle is not downloaded' },
  'data-too-large': { status: 422, title: 'The data do not fit on a worker’s disk' },
  'epoch-checkpoint-not-applicable': {
    status: 422,
    title: 'Only a run has epoch checkpoints',
  },
  'epoch-checkpoints-disabled': { status: 409, title: 'The experiment keeps no epoch checkpoints' },
  'experiment-ended': { status: 409, title: 'The experiment has ended' },
  'experiment-not-found': { status: 404, title: 'No such experiment' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  'idempotency-key-reused': { status: 409, title: 'The idempotency key belongs to another call' },
  'illegal-transition': { status: 409, title: 'The run cannot go there from its status' },
  'invalid-config': { status: 422, title: 'The config is not valid' },
  'invalid-data': { status: 422, title: 'The data are not as they must be' },
  'invalid-ml-spec': { status: 422, title: 'The MLSpec file is not valid' },
  'invalid-model-tag': { status: 422, title: 'The model tag names no usable checkpoint' },
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'no-active-fit': { status: 409, title: 'No fit is active' },
  'no-checkpoint': { status: 404, title: 'The run has no such checkpoint' },
  'no-predictions': { status: 404, title: 'The operation has no predictions' },
  'operation-in-progress': { status: 409, title: 'Another operation is active' },
  'operation-not-found': { status: 404, title: 'No such operation' },
  'partition-missing': { status: 422, title: 'The data handle lacks a partition' },
  'pathway-ambiguous': { status: 422, title: 'Name a run, or a model tag and a config' },
  'run-not-found': { status: 404, title: 'No such run' },
  'schedule-not-found': { status: 404, title: 'No such schedule' },
  'settings-changed': { status: 409, title: 'The settings differ from the alive experiment’s' },
  'token-not-found': { status: 404, title: 'No such token' },
  'too-many-requests': { status: 429, title: 'The token’s calls of this minute are used up' },
  unauthorized: { status: 401, title: 'The token is not accepted' },
  'worker-fenced': { status: 409, title: 'A newer attempt of this worker has taken over' },
  'not-found': { status: 404, title: 'No such route' },
  'too-large': { status: 413, title: 'The request is too large' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
};

const base = 'https://fanfold.dev/problems/';

/** The stable name at the end of a problem's `type`. */
export const problemName = (type: string): string => type.slice(type.lastIndexOf('/') + 1);

/** The one way a problem is made. */
export const problemOf = (
  type: ProblemType,
  detail: string,
  errors: readonly Fault[] = [],
): Problem => ({
  type: base + type,
  ...problemTexts[type],
  detail,
  ...(errors.length > 0 && { errors: [...errors] }),
});

/** The problem that tells a caller of a domain rule's refusal. */
export const problemOfRefusal = (error: DomainError): Problem =>
  problemOf(error.refusal satisfies Refusal, error.message, error.faults);
