import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** When a client is killed: at which of its calls, and whether before the service hears of it or after. */
export interface Fate {
  readonly atCall: number;
  readonly isHeard: boolean;
}

/** Stands between a client and the service, and kills the client at a call. */
export class KillingProxy {
  readonly #server: Server;
  #calls = 0;
  #fate: (Fate & { readonly kill: () => void }) | undefined;

  constructor(url: string) {
    this.#server = createServer(async (request, response) => {
      this.#calls += 1;
      const isLast = this.#calls === this.#fate?.atCall;
      if (isLast && !this.#fate?.isHeard) return this.#fate?.kill();
      const answer = await passOn(url, request);
      if (isLast) return this.#fate?.kill();
      const type = answer.headers.get('content-type') ?? 'application/json';
      response.writeHead(answer.status, { 'content-type': type });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port was free');
    return `http://127.0.0.1:${address.port}`;
  }

  /** A new client is there; what is to become of it, if it is to be killed. */
  await(fate: (Fate & { readonly kill: () => void }) | undefined): void {
    this.#calls = 0;
    this.#fate = fate;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const passOn = async (url: string, request: IncomingMessage): Promise<Response> => {
  const { method = 'GET', headers } = request;
  const named = ['authorization', 'content-type', 'idempotency-key', 'accept'].flatMap((name) =>
    typeof headers[name] === 'string' ? [[name, headers[name]] as const] : [],
  );
  const body = await buffer(request);
  return fetch(`${url}${request.url}`, {
    method,
    headers: Object.fromEntries(named),
    ...(method !== 'GET' && { body }),
  });
};
