import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetch } from '../../../contract/client.ts';
import { unreachable } from './cli-error.ts';

/* How calls reach the service: with a limit in time, and again where asking twice has one effect. */

/** An HTTP API of AWS answers within 30 seconds or not at all. */
const timeoutMs = 35_000;

/** Full jitter over 0.2, 0.4, 0.8, 1.6 s: about 1.5 s on average before giving up. */
const attempts = 5;
const firstDelayMs = 200;
const longestDelayMs = 60_000;

/** What met a limit of calls has had no effect, whatever it was. */
const limited = 429;

const busy = [limited, 502, 503, 504];

/** What never arrived has had no effect, whatever it was. */
const neverArrived = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];

export interface Reach {
  readonly url: string;
  /** Ends what is under way. */
  readonly interrupted: AbortSignal;
  /** That asking twice is harmless, also without a key. */
  readonly isRepeatable?: boolean;
}

/** A `fetch` that retries, and says in a sentence why there is no answer. */
export const transport =
  (reach: Reach, send: Fetch = fetch): Fetch =>
  async (url, init) => {
    const isRepeatable = reach.isRepeatable || isSafe(init);
    for (let attempt = 1; attempt < attempts; attempt++) {
      const outcome = await attemptOf(send, url, { init, reach });
      if (!isWorthAnother(outcome, isRepeatable)) return answered(outcome, reach);
      await rest(attempt, reach, outcome);
    }
    return answered(await attemptOf(send, url, { init, reach }), reach);
  };

const isSafe = ({ method, headers }: RequestInit): boolean =>
  method === 'GET' || new Headers(headers).has('idempotency-key');

/** Why there was no answer. */
interface Silence {
  readonly code: string;
  readonly reason: string;
}

type Outcome = Response | Silence;

const isWorthAnother = (outcome: Outcome, isRepeatable: boolean): boolean =>
  outcome instanceof Response
    ? outcome.status === limited || (isRepeatable && busy.includes(outcome.status))
    : isRepeatable || neverArrived.includes(outcome.code);

const answered = (outcome: Outcome, reach: Reach): Response => {
  if (outcome instanceof Response) return spoken(outcome, reach);
  throw noAnswer(reach, outcome);
};

const attemptOf = async (
  send: Fetch,
  url: string,
  { init, reach }: { readonly init: RequestInit; readonly reach: Reach },
): Promise<Outcome> => {
  try {
    const signal = AbortSignal.any([reach.interrupted, AbortSignal.timeout(timeoutMs)]);
    return await send(url, { ...init, signal });
  } catch (error) {
    reach.interrupted.throwIfAborted();
    return silence(error);
  }
};

/** `fetch` says no more than that it failed; its cause has the reason. */
const silence = (error: unknown): Silence => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code, reason: message || code || 'no answer' };
};

const noAnswer = ({ url }: Reach, { reason }: Silence) =>
  unreachable(
    `${url} does not answer (${reason}): start the embedded stack with \`npm run up\`, ` +
      'or set FANFOLD_URL to where the service is',
  );

/** Refuses what no Fanfold service says. */
const spoken = (response: Response, { url }: Reach): Response => {
  if (response.headers.get('content-type')?.includes('json')) return response;
  throw unreachable(
    response.ok
      ? `${url} answers, but not as a Fanfold service does; check FANFOLD_URL`
      : `${url} answers HTTP ${response.status} ${response.statusText}, but not as a Fanfold service does; check FANFOLD_URL`,
  );
};

const rest = async (attempt: number, { interrupted }: Reach, outcome: Outcome): Promise<void> => {
  const asked = outcome instanceof Response ? outcome.headers.get('retry-after') : null;
  const jittered = Math.random() * firstDelayMs * 2 ** (attempt - 1);
  const delay = /^\d+$/.test(asked ?? '') ? Number(asked) * 1000 : jittered;
  await sleep(Math.min(longestDelayMs, delay), undefined, { signal: interrupted });
};
