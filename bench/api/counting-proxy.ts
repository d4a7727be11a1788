import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { ending } from '../endings.ts';

export interface CountingProxy {
  readonly url: string;
  /** Where calls go. */
  forwardTo(url: string): void;
  /** Calls so far by the name that a caller's AWS SDK sends along. */
  readonly calls: ReadonlyMap<string, number>;
}

/** Gives a proxy before the embedded DynamoDB that counts each function's calls. */
export const withCountingProxy = async <T>(
  use: (proxy: CountingProxy) => Promise<T>,
): Promise<T> => {
  const calls = new Map<string, number>();
  let target = '';
  const server = createServer((call, answer) => {
    const name = callerOf(call);
    calls.set(name, (calls.get(name) ?? 0) + 1);
    forward(call, answer, target);
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

/** Unchanged, the host included, since the signature covers it. */
const forward = (call: IncomingMessage, answer: ServerResponse, target: string): void => {
  const { method, headers } = call;
  const onward = request(new URL(call.url ?? '/', target), { method, headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
  });
  onward.on('error', (error) => answer.destroy(error));
  call.pipe(onward);
};
