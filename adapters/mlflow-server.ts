import type { Authorize } from './mlflow-api.ts';

const openToAll: Authorize = async () => ({});

/** The server that a tracking URI names, and how requests are let in. */
export const mlflowServer = (uri: string): { url: string; authorize: Authorize } => ({
  url: uri,
  authorize: openToAll,
});
