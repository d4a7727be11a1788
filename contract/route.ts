import type * as z from 'zod/mini';
import type { Caller, Role } from '../domain/caller.ts';
import type { ProblemType } from './problem.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Who may call: anyone, a worker with its own token, or a user whose token has at least a role. */
export type Access = 'open' | 'worker' | Role;

/** Routes of users. */
export const isForUsers = (access: Access): access is Role =>
  access !== 'open' && access !== 'worker';

/** One row of the route table; handlers, CDK routes, OpenAPI and the client all derive from it. */
export interface Route<
  Params extends z.ZodMiniType = z.ZodMiniType,
  Query extends z.ZodMiniType = z.ZodMiniType,
  Body extends z.ZodMiniType = z.ZodMiniType,
  Answer extends z.ZodMiniType = z.ZodMiniType,
> {
  /** The use case's name: operationId, file name (kebab-case) and Lambda function alike. */
  readonly name: string;
  readonly method: Method;
  /** Path template in OpenAPI's form, `{name}` for a parameter. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly answer: Answer;
  /** Every success status with its meaning; the first is the usual one. */
  readonly statuses: Readonly<Record<number, string>>;
  /** The problems a caller should be ready for, beyond `unauthorized`, `invalid-request` and `internal-error`. */
  readonly problems: readonly ProblemType[];
  /** The call takes an `Idempotency-Key` header. */
  readonly idempotent?: boolean;
}

/** Keeps the name's and each schema's own type while checking the row. */
export const route = <
  const N extends string,
  P extends z.ZodMiniType,
  Q extends z.ZodMiniType,
  B extends z.ZodMiniType,
  A extends z.ZodMiniType,
>(
  row: Route<P, Q, B, A> & { readonly name: N },
): Route<P, Q, B, A> & { readonly name: N } => row;

/** A parsed call of a route, as its use case receives it. */
export interface Call<R extends Route> {
  readonly params: z.infer<R['params']>;
  readonly query: z.infer<R['query']>;
  readonly body: z.infer<R['body']>;
  readonly idempotencyKey?: string | undefined;
  /** Who calls; not known of calls that anyone, or a worker, may make. */
  readonly caller?: Caller | undefined;
  /** `Authorization: Bearer …`, needed only where the use case itself checks it. */
  readonly bearerToken?: string | undefined;
}

/** What a use case answers: a status of its route and the body. */
export interface Reply<R extends Route> {
  readonly status: number;
  readonly body: z.infer<R['answer']>;
}
