import type * as z from 'zod/mini';
import type { ProblemType } from './problem.ts';
import { problemName, problemOf } from './problem.ts';
import type { Problem } from './problem-document.ts';
import { problem } from './problem-document.ts';
import type { Route } from './route.ts';

/** What a caller gives for a route; parts the route has no members for may be left out. */
export interface ClientCall<R extends Route> {
  readonly params?: z.input<R['params']>;
  readonly query?: z.input<R['query']>;
  readonly body?: z.input<R['body']>;
  readonly idempotencyKey?: string;
}

export interface ClientReply<R extends Route> {
  readonly status: number;
  readonly body: z.output<R['answer']>;
}

/** The service refused a call; `name` is the problem's stable name. */
export class ProblemError extends Error {
  override readonly name: string;
  readonly problem: Problem;

  constructor(refusal: Problem) {
    super(refusal.detail);
    this.name = problemName(refusal.type);
    this.problem = refusal;
  }
}

/** What carries the calls. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

interface ClientOptions {
  readonly url: string;
  readonly token?: string;
  /** The platform's own, if left out. */
  readonly fetch?: Fetch;
}

/**
 * Calls routes over HTTPS with everything typed by the route table.
 *
 * @example
 * const { call } = client({ url: 'https://…', token });
 * const { body } = await call(listRuns, { params: { workspace: 'default', experiment: 'digits' } });
 */
export const client = ({ url, token, fetch: send = fetch }: ClientOptions) => ({
  call: async <R extends Route>(route: R, call: ClientCall<R> = {}): Promise<ClientReply<R>> => {
    const response = await send(url + target(route, call), {
      method: route.method,
      headers: headers(token, call),
      ...(route.method !== 'GET' && { body: JSON.stringify(call.body ?? {}) }),
    });
    const body: unknown = await response.json();
    if (!response.ok) throw new ProblemError(problem.parse(withDefaults(body, response)));
    return { status: response.status, body: route.answer.parse(body) as z.output<R['answer']> };
  },
});

const target = <R extends Route>({ path }: R, { params, query }: ClientCall<R>): string => {
  const given = new Map(Object.entries(params ?? {}));
  const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(String(given.get(name))),
  );
  const asked = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(
    asked.map(([name, value]): [string, string] => [name, String(value)]),
  );
  return asked.length === 0 ? filled : `${filled}?${search}`;
};

const headers = (token: string | undefined, { idempotencyKey }: { idempotencyKey?: string }) => ({
  'content-type': 'application/json',
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
  ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
});

/** API Gateway's own refusals (401, 403, 404, 413, 429) are no problem documents; they are told as one. */
const withDefaults = (body: unknown, { status, statusText }: Response): unknown => {
  const { message, ...rest } = body as Record<string, unknown>;
  const type = gatewayProblems[status] ?? 'internal-error';
  return { ...problemOf(type, String(message ?? statusText)), status, ...rest };
};

const gatewayProblems: Readonly<Record<number, ProblemType>> = {
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not-found',
  413: 'too-large',
  429: 'too-many-requests',
};

interface PageReply<T> {
  readonly body: { readonly items: readonly T[]; readonly nextCursor?: string | undefined };
}

/** The items of all pages of a list. */
export const allOf = async <T>(
  read: (cursor: string | undefined) => Promise<PageReply<T>>,
): Promise<readonly T[]> => {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await read(cursor);
    all.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor !== undefined);
  return all;
};
