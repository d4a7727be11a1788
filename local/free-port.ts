import { createServer } from 'node:net';

/** A port of 127.0.0.1 that nobody has: the one that is wanted, or another. */
export const freePort = async (wanted: number | undefined): Promise<number> =>
  (wanted === undefined ? undefined : await listenOnce(wanted)) ??
  (await listenOnce(0)) ??
  Promise.reject(new Error('no free port on 127.0.0.1'));

/** The port that could be opened; undefined when it is in use. */
const listenOnce = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const opened = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(opened));
    });
  });
