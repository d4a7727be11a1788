import * as z from 'zod/mini';
import { TrackerRefusal } from '../domain/tracker.ts';

/** What MLflow's REST API answers with. */
export type Answer = Readonly<Record<string, unknown>>;

/** How a request is allowed in: the headers that it goes with. */
export type Authorize = (request: {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly body: string | undefined;
}) => Promise<Readonly<Record<string, string>>>;

interface MlflowServer {
  /** Where `api/2.0/mlflow/` lies. */
  readonly url: string;
  readonly authorize: Authorize;
}

const limitMilliseconds = 10_000;

const failure = z.object({ error_code: z.string(), message: z.optional(z.string()) });

/** Whoever runs the server has to do something about these; until then it is as good as away. */
const notLetIn: readonly number[] = [401, 403, 429];

/** Calls of MLflow's REST API, whose failures are told apart: what is not there, what is in vain, and the rest. */
export class MlflowApi {
  readonly #server: MlflowServer;

  constructor(server: MlflowServer) {
    this.#server = server;
  }

  /** `undefined` when what is asked for is not there. */
  async get(path: string, query: Readonly<Record<string, string>>): Promise<Answer | undefined> {
    const url = this.#url(path);
    url.search = new URLSearchParams(query).toString().replaceAll('+', '%20');
    return this.#send('GET', url);
  }

  async post(path: string, body: object): Promise<Answer> {
    const answer = await this.#send('POST', this.#url(path), JSON.stringify(body));
    if (answer === undefined) throw new TrackerRefusal(`${path}: it is not there any more`);
    return answer;
  }

  #url(path: string): URL {
    return new URL(`api/2.0/mlflow/${path}`, `${this.#server.url.replace(/\/$/, '')}/`);
  }

  async #send(method: 'GET' | 'POST', url: URL, body?: string): Promise<Answer | undefined> {
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(await this.#server.authorize({ method, url, body })),
    };
    const signal = AbortSignal.timeout(limitMilliseconds);
    const answer = await fetch(url, {
      method,
      headers,
      signal,
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    if (answer.ok) return z.parse(z.record(z.string(), z.unknown()), parsed(text));
    const told = z.safeParse(failure, parsed(text));
    const sentence = `${method} ${url.pathname} answers ${answer.status}: ${text.slice(0, 500)}`;
    // Not MLflow's own answer, or none that is about the request.
    const isOther = !told.success || answer.status >= 500 || notLetIn.includes(answer.status);
    if (isOther) throw new Error(sentence);
    if (told.data.error_code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw new TrackerRefusal(sentence);
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
