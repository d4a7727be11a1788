import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { ending } from '../endings.ts';

/** A call of AWS and its answer, as a function made it. */
export interface ObservedCall {
  readonly caller: string;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly request: Buffer;
  readonly answer: Buffer;
}

export interface CountingProxy {
  readonly url: string;
  /** Where calls go. */
  forwardTo(url: string): void;
  /** Calls so far by the name that a caller's AWS SDK sends along. */
  readonly calls: ReadonlyMap<string, number>;
}

/** Gives a proxy before the embedded AWS that counts each function's calls, and lets them be observed. */
export const withCountingProxy = async <T>(
  use: (proxy: CountingProxy) => Promise<T>,
  observe?: (call: ObservedCall) => void,
): Promise<T> => {
  const calls = new Map<string, number>();
  let target = '';
  const server = createServer((call, answer) => {
    const name = callerOf(call);
    calls.set(name, (calls.get(name) ?? 0) + 1);
    const replied = forward(call, answer, target);
    if (observe) void observed(name, call, replied).then(observe, () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const url = `http://127.0.0.1:${port}`;
  const forwardTo = (to: string): void => {
    target = to;
  };
  return ending(
    () => server.close().closeAllConnections(),
    () => use({ url, calls, forwardTo }),
  );
};

/** The SDK puts `AWS_SDK_UA_APP_ID` into each call's user agent as `app/NAME`. */
const callerOf = ({ headers }: IncomingMessage): string =>
  / app\/(?<name>\w+)/.exec(headers['user-agent'] ?? '')?.groups?.['name'] ?? '';

/** Unchanged, the host included, since the signature covers it; gives the bytes of the reply. */
const forward = (call: IncomingMessage, answer: ServerResponse, target: string) => {
  const { method, headers } = call;
  const replied = Promise.withResolvers<Buffer>();
  const onward = request(new URL(call.url ?? '/', target), { method, headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
    replied.resolve(bytesOf(reply));
  });
  onward.on('error', (error) => {
    answer.destroy(error);
    replied.reject(error);
  });
  call.pipe(onward);
  replied.promise.catch(() => undefined);
  return replied.promise;
};

/** What went by, once it has. */
const observed = async (
  caller: string,
  call: IncomingMessage,
  replied: Promise<Buffer>,
): Promise<ObservedCall> => {
  const { method = '', headers } = call;
  const [request, answer] = await Promise.all([bytesOf(call), replied]);
  return { caller, method, headers, request, answer };
};

const bytesOf = async (message: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  message.on('data', (part: Buffer) => parts.push(part));
  await once(message, 'end');
  return Buffer.concat(parts);
};
