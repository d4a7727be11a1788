import type { ClientCall, ClientReply } from '../../../contract/client.ts';
import { client } from '../../../contract/client.ts';
import type { Route } from '../../../contract/route.ts';
import type { Connection } from './connection.ts';
import { transport } from './transport.ts';

type Call = <R extends Route>(route: R, call?: ClientCall<R>) => Promise<ClientReply<R>>;

/** The service as a command sees it. */
export interface Service {
  readonly connection: Connection;
  readonly interrupted: AbortSignal;
  readonly call: Call;
  /** As `call`, where asking twice is harmless without a key. */
  readonly repeat: Call;
}

export const openService = (connection: Connection, interrupted: AbortSignal): Service => {
  const { url } = connection;
  return {
    connection,
    interrupted,
    call: client({ ...connection, fetch: transport({ url, interrupted }) }).call,
    repeat: client({ ...connection, fetch: transport({ url, interrupted, isRepeatable: true }) })
      .call,
  };
};
